import { expect } from 'chai';
import { type GeminiDouble, startGeminiDouble } from '../lab/doubles/gemini.ts';
import type { StoredMeasurement } from '../lab/driver/model.ts';
import { API_SERVER } from './api-servers.ts';
import { System } from './system.ts';

const CONFIG = {
  observation: { waitSeconds: 5, minPower: 0 },
  reviewers: [{ gemini: {}, timeoutSeconds: 20 }],
};

describe(`what a policy makes of a model that answers garbage (${API_SERVER.name})`, () => {
  let system: System;
  let gemini: GeminiDouble;
  /** All at the same time, in the order of the cases. */
  let measurements: Promise<StoredMeasurement>[] = [];
  before(async function () {
    this.timeout('30m');
    gemini = await startGeminiDouble({ key: 'gemini-key' });
    gemini.replies.always({ text: '{"verdict": "Promote", "confidence": "very", ' });
    system = await System.start({
      operatorConfig: { reviewers: { gemini: { baseURL: gemini.url } }, workers: 8 },
      operatorEnv: { GOOGLE_API_KEY: 'gemini-key' },
    });
    measurements = cases.map(([policy, fault], index) => measured(`policy-${index}`, policy, fault));
    for (const measurement of measurements) measurement.catch(() => undefined);
  });
  after(async () => {
    await system.stop();
    await gemini.close();
  });

  const cases: [policy: Record<string, string>, fault: '' | 'errors', phase: string, reason: string][] = [
    [{}, '', 'Inconclusive', 'ReviewerUnavailable'],
    [{ onReviewerUnavailable: 'Inconclusive' }, '', 'Inconclusive', 'ReviewerUnavailable'],
    [{ onReviewerUnavailable: 'Abort' }, '', 'Failed', 'ReviewerUnavailable'],
    [{ onReviewerUnavailable: 'Error' }, '', 'Error', 'ReviewerUnavailable'],
    [{ onReviewerUnavailable: 'UseFindings' }, '', 'Successful', 'NoRegression'],
    [{ onReviewerUnavailable: 'UseFindings' }, 'errors', 'Failed', 'Regression'],
    [{ onReviewerUnavailable: 'Error' }, 'errors', 'Failed', 'Regression'],
  ];
  /** The first finished measurement; its AnalysisRun is then told to end. */
  async function measured(namespace: string, policy: Record<string, string>, fault: '' | 'errors') {
    const rollout = await system.deploy(namespace, fault);
    return await system.firstMeasurement(await system.measure(rollout, { ...CONFIG, policy }));
  }

  for (const [index, [policy, fault, phase, reason]] of cases.entries()) {
    const canary = fault === '' ? 'a clean canary' : 'a canary that logs errors';
    const said = policy['onReviewerUnavailable'] ?? 'nothing';
    it(`${canary} is ${phase} where onReviewerUnavailable says ${said}`, async () => {
      const measurement = await measurements[index];
      expect(measurement?.phase, measurement?.message).to.equal(phase);
      expect(measurement?.metadata).to.include({ reason });
    });
  }

  it('each of them asked the model and says in its condition what came of it', async () => {
    await Promise.all(measurements);
    for (const index of cases.keys()) {
      const [analysis] = await system.analyses(`policy-${index}`);
      const reviewed = analysis?.status?.conditions?.find(({ type }) => type === 'Reviewed');
      expect(reviewed).to.include({ status: 'False', reason: 'ReviewerUnavailable' });
      expect(reviewed?.message).to.match(/^gemini.*JSON/i);
      expect(analysis?.status?.opinions).to.equal(undefined);
    }
  });
});
