import { expect } from 'chai';
import {
  AGREEABLE_OPINION,
  type GeminiDouble,
  startGeminiDouble,
  tooManyRequests,
} from '../lab/doubles/gemini.ts';
import { API_SERVER } from './api-servers.ts';
import { measurementOf, System } from './system.ts';

/** What a clean canary comes to when its model takes `timeoutSeconds` at most. */
function config(timeoutSeconds: number) {
  return { observation: { waitSeconds: 3, minPower: 0 }, reviewers: [{ gemini: {}, timeoutSeconds }] };
}

describe(`a model that refuses or is silent promotes nothing, and the record says which (${API_SERVER.name})`, () => {
  let system: System;
  let gemini: GeminiDouble;

  before(async function () {
    this.timeout('30m');
    gemini = await startGeminiDouble({ key: 'gemini-key' });
    system = await System.start({
      operatorConfig: { reviewers: { gemini: { baseURL: gemini.url } } },
      operatorEnv: { GOOGLE_API_KEY: 'gemini-key' },
    });
  });
  after(async () => {
    await system.stop();
    await gemini.close();
  });

  async function judged(namespace: string, timeoutSeconds: number) {
    const before = gemini.requests.length;
    const rollout = await system.deploy(namespace);
    const run = await system.finished(await system.measure(rollout, config(timeoutSeconds)));
    const [analysis] = await system.analyses(namespace);
    const reviewed = analysis?.status?.conditions?.find(({ type }) => type === 'Reviewed');
    return {
      measurement: measurementOf(run),
      status: analysis?.status,
      reviewed,
      calls: gemini.requests.length - before,
    };
  }

  it('a quota that is used up for longer than the time left: asked once, Inconclusive', async () => {
    gemini.replies.always({ http: tooManyRequests(60) });
    const { measurement, status, reviewed, calls } = await judged('quota', 20);
    expect(measurement).to.include({ phase: 'Inconclusive' });
    expect(status).to.include({ verdict: 'Inconclusive', reason: 'ReviewerUnavailable' });
    expect(measurement.message).to.equal(status?.message);
    expect(status?.message).to.match(/gemini.*too many requests.*asks to wait 60 s/i);
    expect(reviewed).to.include({ status: 'False', reason: 'ReviewerUnavailable' });
    expect(reviewed?.message).to.match(/gemini.*too many requests.*asks to wait 60 s/i);
    expect(calls).to.equal(1);
  });

  it('a quota that comes back in time: the model is waited for and heard', async () => {
    gemini.replies.next({ http: tooManyRequests(1) });
    gemini.replies.always({ opinion: AGREEABLE_OPINION });
    const { measurement, status, calls } = await judged('quota-comes-back', 20);
    expect(measurement).to.include({ phase: 'Successful', value: '0.90' });
    expect(status).to.include({ verdict: 'Promote', reason: 'ReviewerAgrees' });
    expect(calls).to.equal(2);
  });

  for (const [what, fault] of [
    ['no answer', 'hang'],
    ['half an answer', 'stall'],
  ] as const) {
    it(`${what} until the time-out: Inconclusive, and the call is given up`, async () => {
      gemini.replies.always({ http: { body: 'promote', fault } });
      const { measurement, status, reviewed } = await judged(`model-${fault}`, 5);
      expect(measurement).to.include({ phase: 'Inconclusive' });
      expect(status).to.include({ verdict: 'Inconclusive', reason: 'ReviewerUnavailable' });
      expect(measurement.message).to.equal(status?.message);
      expect(status?.message).to.match(/gemini.*context deadline exceeded.*5 s/i);
      expect(reviewed).to.include({ status: 'False', reason: 'ReviewerUnavailable' });
      await gemini.untilAbandoned();
    });
  }
});
