import { expect } from 'chai';
import type { AnalysisRun } from '../lab/driver/model.ts';
import { API_SERVER } from './api-servers.ts';
import { measurementOf, System } from './system.ts';

const CONFIG = { observation: { waitSeconds: 30 } };
const SHORT = { observation: { waitSeconds: 5, minPower: 0 } };

if (API_SERVER.embedded) {
  describe(`an API server that refuses, hangs, or loses answers (${API_SERVER.name})`, () => {
    let system: System;
    before(async () => {
      system = await System.start();
    });
    afterEach(() => system.lab.embedded?.faults.clear());
    after(() => system.stop());

    function embedded() {
      const { embedded: server } = system.lab;
      if (server === undefined) throw new Error('this lab has no embedded API server');
      return server;
    }

    function pathOf({ metadata }: AnalysisRun): string {
      return `/apis/argoproj.io/v1alpha1/namespaces/${metadata.namespace}/analysisruns/${metadata.name}`;
    }

    it('an account that may not read logs gets a gap that names the right, and nothing is promoted', async () => {
      const allow = embedded().access.deny({ user: 'operator', resource: 'pods/log', namespace: 'no-logs' });
      const run = await system.finished(await system.measure(await system.deploy('no-logs'), SHORT));
      allow();
      expect(measurementOf(run).phase).to.equal('Inconclusive');
      const [analysis] = await system.analyses('no-logs');
      expect(analysis?.status?.reason).to.equal('InsufficientEvidence');
      expect(analysis?.status?.coverage?.gaps?.join('\n')).to.contain('pods/log');
    });

    it('an account that may not list pods is an Error that says so, at the deadline and not before', async () => {
      const allow = embedded().access.deny({ user: 'operator', resource: 'pods', namespace: 'no-pods' });
      const rollout = await system.deploy('no-pods');
      const run = await system.measure(rollout, { ...SHORT, timeoutSeconds: 10 });
      const { status } = await system.analysis(
        'no-pods',
        'has a verdict',
        (one) => one.status?.verdict !== undefined,
      );
      await system.lab.client.patch(pathOf(run), { spec: { terminate: true } });
      allow();
      expect(status).to.include({ verdict: 'Error', reason: 'EvidenceUnreadable' });
      expect(status?.message).to.match(/pods/);
      expect(status?.durationSeconds).to.be.at.least(7);
    });

    it('a create whose answer was lost is the same analysis, not a second one', async () => {
      const lost = embedded().faults.add(
        { user: 'argo-rollouts', verb: 'create', resource: 'canaryanalyses', namespace: 'lost' },
        { loseAnswer: true },
        2,
      );
      const run = await system.finished(await system.measure(await system.deploy('lost', 'crash'), CONFIG));
      expect(lost.hits).to.equal(2);
      expect(run.status?.metricResults?.[0]?.measurements?.map(({ phase }) => phase)).to.deep.equal([
        'Failed',
      ]);
      expect(await system.analyses('lost')).to.have.length(1);
    });

    it('a create that is put off is tried again when the API server says so', async () => {
      const busy = embedded().faults.add(
        { user: 'argo-rollouts', verb: 'create', resource: 'canaryanalyses', namespace: 'busy' },
        { status: 429, retryAfterSeconds: 1 },
        2,
      );
      const run = await system.finished(await system.measure(await system.deploy('busy', 'crash'), CONFIG));
      expect(busy.hits).to.equal(2);
      expect(measurementOf(run).phase).to.equal('Failed');
    });

    it('an API server that takes no create is an Error after a while, and the next measurement is as good as the first', async () => {
      const away = embedded().faults.add(
        { user: 'argo-rollouts', verb: 'create', resource: 'canaryanalyses', namespace: 'away' },
        { hang: true },
      );
      const run = await system.measure(await system.deploy('away', 'crash'), CONFIG);
      await system.until(run as never, 'had an Error', ({ status }) =>
        JSON.stringify(status ?? {}).includes('ApiServerUnavailable'),
      );
      away.remove();
      const [result] = (await system.finished(run)).status?.metricResults ?? [];
      const phases = result?.measurements?.map(({ phase }) => phase) ?? [];
      expect(phases.slice(0, -1).every((phase) => phase === 'Error')).to.equal(true);
      expect(phases.at(-1)).to.equal('Failed');
    });

    it('a status that cannot be written is written later: the verdict is late, not lost', async () => {
      const run = await system.measure(await system.deploy('unwritten', 'crash'), CONFIG);
      await system.analysis('unwritten', 'was taken up', ({ status }) => status?.canaryHash !== undefined);
      const broken = embedded().faults.add(
        { user: 'operator', verb: 'patch', resource: 'canaryanalyses/status', namespace: 'unwritten' },
        { status: 503 },
        4,
      );
      expect(measurementOf(await system.finished(run)).phase).to.equal('Failed');
      expect(broken.hits).to.equal(4);
    });

    it('a verdict whose write lost its answer is still one verdict', async () => {
      const run = await system.measure(await system.deploy('unanswered', 'crash'), CONFIG);
      await system.analysis('unanswered', 'was taken up', ({ status }) => status?.canaryHash !== undefined);
      const lost = embedded().faults.add(
        { user: 'operator', verb: 'patch', resource: 'canaryanalyses/status', namespace: 'unanswered' },
        { loseAnswer: true },
        4,
      );
      expect(measurementOf(await system.finished(run)).phase).to.equal('Failed');
      expect(lost.hits).to.be.at.least(1);
      const [analysis] = await system.analyses('unanswered');
      expect(analysis?.status).to.include({ verdict: 'Abort', reason: 'BlockingFact' });
    });

    it('a Terminate that the API server does not answer is Inconclusive all the same, and cancels later', async () => {
      const run = await system.measure(await system.deploy('silent'), CONFIG);
      await system.analysis('silent', 'was taken up', ({ status }) => status?.canaryHash !== undefined);
      const silent = embedded().faults.add(
        { user: 'argo-rollouts', verb: 'patch', resource: 'canaryanalyses', namespace: 'silent' },
        { hang: true },
      );
      await system.lab.client.patch(pathOf(run), { spec: { terminate: true } });
      expect(measurementOf(await system.finished(run)).phase).to.equal('Inconclusive');
      const call = system.argo.calls.findLast(({ method }) => method === 'Terminate');
      expect(call?.milliseconds).to.be.lessThan(2_000);
      expect(silent.hits).to.be.at.least(1);
      silent.remove();
      const { status } = await system.analysis(
        'silent',
        'was closed',
        (one) => one.status?.verdict !== undefined,
      );
      expect(status?.verdict).to.equal('Inconclusive');
    });
  });

  describe(`a Rollouts controller that may watch its own namespaces only (${API_SERVER.name})`, () => {
    it('is woken all the same', async () => {
      const system = await System.start();
      try {
        system.lab.embedded?.access.deny({
          user: 'argo-rollouts',
          verb: ['list', 'watch'],
          resource: 'canaryanalyses',
          namespace: '',
        });
        const run = await system.finished(await system.measure(await system.deploy('own', 'crash'), CONFIG));
        expect(measurementOf(run).phase, measurementOf(run).message).to.equal('Failed');
        await system.said('plugin', ['watching CanaryAnalyses of all namespaces is forbidden']);
      } finally {
        await system.stop();
      }
    });
  });
}
