import { expect } from 'chai';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { AGREEABLE_OPINION, type GeminiDouble, startGeminiDouble } from '../lab/doubles/gemini.ts';
import { API_SERVER } from './api-servers.ts';
import { measurementOf, System } from './system.ts';

const CONFIG = {
  observation: { waitSeconds: 6, minPower: 0 },
  reviewers: [{ gemini: {}, timeoutSeconds: 60 }],
};
/** What the model says of a canary that logs errors. */
const OPINION = { ...AGREEABLE_OPINION, verdict: 'Abort', summary: 'It fails.', confidence: 80 };

function isStored({ status }: CanaryAnalysis): boolean {
  return (status?.conditions ?? []).some((one) => one.type === 'EvidenceStored' && one.status === 'True');
}

function reviewed({ status }: CanaryAnalysis): string | undefined {
  return status?.conditions?.find(({ type }) => type === 'Reviewed')?.reason;
}

describe(`an operator killed at any step is followed by another, with one verdict (${API_SERVER.name})`, () => {
  let system: System;
  let gemini: GeminiDouble;
  const watching = new AbortController();
  before(async function () {
    this.timeout('30m');
    gemini = await startGeminiDouble({ key: 'gemini-key' });
    system = await System.start({
      operatorConfig: { reviewers: { gemini: { baseURL: gemini.url } } },
      operatorEnv: { GOOGLE_API_KEY: 'gemini-key' },
    });
  });
  after(async () => {
    watching.abort();
    await system.stop();
    await gemini.close();
  });
  beforeEach(() => gemini.replies.always({ opinion: OPINION }));

  /** Every verdict that a watch has shown in a namespace, each once. */
  function verdictsIn(namespace: string): ReadonlySet<string> {
    const verdicts = new Set<string>();
    const path = `/apis/metric-ai.argoproj-labs.io/v1alpha1/namespaces/${namespace}/canaryanalyses`;
    const follow = async (): Promise<void> => {
      for await (const { type, object } of system.lab.client.watch(path, watching.signal)) {
        const { verdict, reason, completionTime } = (object as unknown as CanaryAnalysis).status ?? {};
        if (type !== 'BOOKMARK' && verdict !== undefined) {
          verdicts.add(`${object.metadata.uid} ${verdict} ${reason} ${completionTime}`);
        }
      }
    };
    follow().catch((error: unknown) => {
      if (!watching.signal.aborted) throw error;
    });
    return verdicts;
  }

  async function kill(): Promise<void> {
    await system.operator?.kill();
    await system.startOperator();
  }

  const steps: [step: string, reached: (analysis: CanaryAnalysis) => boolean][] = [
    ['taken up', ({ status }) => status?.startTime !== undefined],
    ['told which pods to compare', ({ status }) => status?.canaryHash !== undefined],
    ['decided', ({ status }) => status?.verdict !== undefined],
  ];
  for (const [index, [step, reached]] of steps.entries()) {
    it(`when the analysis was ${step}: the model is asked once`, async () => {
      const namespace = `killed-${index}`;
      const rollout = await system.deploy(namespace, 'errors');
      const verdicts = verdictsIn(namespace);
      const asked = gemini.requests.length;
      const run = await system.measure(rollout, CONFIG);
      const seen = await system.analysis(namespace, `was ${step}`, reached);
      await kill();
      const over = await system.finished(run);
      expect(measurementOf(over).phase, measurementOf(over).message).to.equal('Failed');
      const [analysis, ...more] = await system.analyses(namespace);
      expect(more).to.have.length(0);
      expect(analysis?.status).to.include({ verdict: 'Abort', reason: 'Regression' });
      expect(analysis?.status?.startTime).to.equal(seen.status?.startTime);
      expect([...verdicts]).to.have.length(1);
      expect(gemini.requests.length - asked).to.equal(1);
    });
  }

  it('when the model was being asked: the next asks again, with the evidence that was stored', async () => {
    gemini.replies.always({ http: { fault: 'hang' } });
    const rollout = await system.deploy('asking', 'errors');
    const verdicts = verdictsIn('asking');
    const asked = gemini.requests.length;
    const run = await system.measure(rollout, CONFIG);
    await gemini.untilRequests(asked + 1);
    const before = await system.analysis('asking', 'has stored its evidence', isStored);
    expect(before.status?.verdict).to.equal(undefined);
    gemini.replies.always({ opinion: OPINION });
    await kill();
    expect(measurementOf(await system.finished(run)).phase).to.equal('Failed');
    const [analysis] = await system.analyses('asking');
    expect(analysis?.status?.window).to.deep.equal(before.status?.window);
    expect(analysis?.status?.evidenceRef).to.deep.equal(before.status?.evidenceRef);
    expect(analysis?.status?.opinions).to.have.length(1);
    expect([...verdicts]).to.have.length(1);
    expect(gemini.requests.length - asked).to.equal(2);
  });

  it('when a blocking fact had its verdict and the opinion was to follow: it follows, and changes nothing', async () => {
    gemini.replies.always({ http: { fault: 'hang' } });
    const rollout = await system.deploy('advised', 'crash');
    const verdicts = verdictsIn('advised');
    const asked = gemini.requests.length;
    const run = await system.measure(rollout, { ...CONFIG, observation: { waitSeconds: 30 } });
    const decided = await system.analysis(
      'advised',
      'has a verdict',
      ({ status }) => status?.verdict !== undefined,
    );
    expect(reviewed(decided)).to.equal('Pending');
    await gemini.untilRequests(asked + 1);
    gemini.replies.always({ opinion: { ...OPINION, rootCause: 'DATABASE_URL is not set' } });
    await kill();
    const advised = await system.analysis('advised', 'was reviewed', (one) => reviewed(one) === 'Answered');
    expect(advised.status?.opinions?.[0]).to.include({
      advisory: true,
      rootCause: 'DATABASE_URL is not set',
    });
    expect(advised.status?.completionTime).to.equal(decided.status?.completionTime);
    expect(measurementOf(await system.finished(run)).phase).to.equal('Failed');
    expect([...verdicts]).to.have.length(1);
  });
});
