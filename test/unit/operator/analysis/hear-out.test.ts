import { expect } from 'chai';
import { isCoded } from '../../../../crds/errors.ts';
import { conclude } from '../../../../operator/analysis/conclude.ts';
import { hearOut } from '../../../../operator/analysis/hear-out.ts';
import { NO_METRICS } from '../../../../operator/analysis/metrics.ts';
import { StatusWriter } from '../../../../operator/analysis/status-writer.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { captureLog } from '../../../support/log-capture.ts';
import { failureOf } from '../../../support/promises.ts';
import { analysis } from './builders.ts';

describe('an answer that is heard out', () => {
  it('comes although the end was asked for meanwhile', async () => {
    const ending = new AbortController();
    const action = (): Promise<string> => {
      ending.abort();
      return Promise.resolve('stored');
    };
    const clock = new FakeClock();
    expect(await hearOut(action, { clock, ms: 2_000, signal: ending.signal })).to.equal('stored');
    expect(clock.pending, 'no timer is left behind').to.deep.equal([]);
  });

  it('is given up some time after the end was asked for', async () => {
    const ending = new AbortController();
    const clock = new FakeClock();
    const endless = (signal: AbortSignal): Promise<never> =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const failure = failureOf(hearOut(endless, { clock, ms: 2_000, signal: ending.signal }));
    ending.abort(new Error('closed'));
    await clock.advance(2_000);
    expect((await failure).message).to.equal('closed');
  });

  it('is not asked for when the end came first', async () => {
    let asked = 0;
    const action = async (): Promise<void> => void asked++;
    const failure = await failureOf(
      hearOut(action, { clock: new FakeClock(), ms: 2_000, signal: AbortSignal.abort() }),
    );
    expect(isCoded(failure, 'ABORTED')).to.equal(true);
    expect(asked).to.equal(0);
  });

  it('lets a verdict be recorded whose own watch event ended the task', async () => {
    const ending = new AbortController();
    const clock = new FakeClock();
    const log = captureLog();
    const events: string[] = [];
    const open = analysis();
    const writer = new StatusWriter(
      {
        get: () => Promise.resolve(open),
        patch: async (_ref, patch, options) => {
          ending.abort();
          options?.signal?.throwIfAborted();
          return { ...open, status: { ...patch.status } as NonNullable<typeof open.status> };
        },
      },
      clock,
    );
    const recorder = {
      record: (_object: unknown, _type: string, reason: string) => void events.push(reason),
    };
    const decision = { verdict: 'Promote', reason: 'NoRegression', message: 'fine', confidence: 90 } as const;
    await conclude(
      { writer, clock, recorder, metrics: NO_METRICS, logger: log.logger },
      open,
      decision,
      undefined,
      ending.signal,
    );
    expect(events).to.deep.equal(['NoRegression']);
    expect(log.lines.map(({ message }) => message)).to.deep.equal(['verdict reached']);
  });
});
