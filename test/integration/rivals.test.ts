import { expect } from 'chai';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { type OperatorProcess, startOperator } from '../lab/system.ts';
import { API_SERVER } from './api-servers.ts';
import { measurementOf, System } from './system.ts';

const CONFIG = { observation: { waitSeconds: 6, minPower: 0 } };

function isStored({ status }: CanaryAnalysis): boolean {
  return (status?.conditions ?? []).some((one) => one.type === 'EvidenceStored' && one.status === 'True');
}

describe(`whoever writes too late changes no verdict (${API_SERVER.name})`, () => {
  let system: System;
  const watching = new AbortController();
  before(async function () {
    this.timeout('30m');
    system = await System.start();
  });
  after(() => {
    watching.abort();
    return system.stop();
  });

  it('two operators that both act on one analysis come to one verdict', async () => {
    let rival: OperatorProcess | undefined;
    try {
      rival = await startOperator(system.lab);
      await Promise.all([system.operator?.ready(), rival.ready()]);
      const rollout = await system.deploy('rivals', 'errors');
      const verdicts = new Set<string>();
      const path = '/apis/metric-ai.argoproj-labs.io/v1alpha1/namespaces/rivals/canaryanalyses';
      const follow = async (): Promise<void> => {
        for await (const { type, object } of system.lab.client.watch(path, watching.signal)) {
          const { verdict, reason, completionTime } = (object as unknown as CanaryAnalysis).status ?? {};
          if (type !== 'BOOKMARK' && verdict !== undefined) {
            verdicts.add(`${verdict} ${reason} ${completionTime}`);
          }
        }
      };
      follow().catch((error: unknown) => {
        if (!watching.signal.aborted) throw error;
      });
      const run = await system.finished(await system.measure(rollout, CONFIG));
      expect(measurementOf(run).phase, measurementOf(run).message).to.equal('Failed');
      await system.operator?.stop();
      await rival.stop();
      expect([...verdicts]).to.have.length(1);
      const both = [system.operator?.log ?? [], rival.log].map((log) => log.map(({ message }) => message));
      for (const log of both) expect(log.join('\n')).to.match(/^analysis (started|resumed)$/m);
    } finally {
      await rival?.stop();
      await system.startOperator();
    }
  });

  if (API_SERVER.embedded) {
    it('a verdict that is on its way when the measurement is terminated gives way to the cancellation', async () => {
      const rollout = await system.deploy('overtaken', 'errors');
      const run = await system.measure(rollout, CONFIG);
      const held = system.lab.embedded?.faults.add(
        { user: 'operator', verb: 'patch', resource: 'canaryanalyses/status', namespace: 'overtaken' },
        { delayMs: 1_500 },
      );
      await system.analysis('overtaken', 'has stored its evidence', isStored);
      await system.lab.client.patch(
        `/apis/argoproj.io/v1alpha1/namespaces/overtaken/analysisruns/${run.metadata.name}`,
        { spec: { terminate: true } },
      );
      const closed = await system.analysis(
        'overtaken',
        'has a verdict',
        ({ status }) => status?.verdict !== undefined,
      );
      held?.remove();
      expect(closed.status).to.include({ verdict: 'Inconclusive', reason: 'Cancelled' });
      expect(measurementOf(await system.finished(run)).phase).to.equal('Inconclusive');
    });

    it('a write of an operator that saw an older object is refused and decided again', async () => {
      const rollout = await system.deploy('older', 'errors');
      const run = await system.measure(rollout, CONFIG);
      const taken = await system.analysis(
        'older',
        'was taken up',
        ({ status }) => status?.startTime !== undefined,
      );
      const path = `/apis/metric-ai.argoproj-labs.io/v1alpha1/namespaces/older/canaryanalyses/${taken.metadata.name}`;
      const conflicts: string[] = [];
      const stop = system.lab.embedded?.onRequest(({ user, resource, namespace, code }) => {
        if (
          user === 'operator' &&
          resource === 'canaryanalyses/status' &&
          namespace === 'older' &&
          code === 409
        )
          conflicts.push(resource);
      });
      const held = system.lab.embedded?.faults.add(
        { user: 'operator', verb: 'patch', resource: 'canaryanalyses/status', namespace: 'older' },
        { delayMs: 1_000 },
      );
      await system.analysis('older', 'has stored its evidence', isStored);
      await system.lab.client.patch(path, { metadata: { annotations: { touched: 'by somebody else' } } });
      const over = await system.finished(run);
      stop?.();
      held?.remove();
      expect(measurementOf(over).phase).to.equal('Failed');
      expect(conflicts.length).to.be.at.least(1);
      const [analysis] = await system.analyses('older');
      expect(analysis?.metadata.annotations).to.include({ touched: 'by somebody else' });
      expect(analysis?.status).to.include({ verdict: 'Abort', reason: 'Regression' });
    });
  }
});
