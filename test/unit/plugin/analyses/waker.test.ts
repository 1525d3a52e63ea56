import { expect } from 'chai';
import fc from 'fast-check';
import { CodedError } from '../../../../crds/errors.ts';
import { ANNOTATION_WAKE } from '../../../../crds/v1alpha1/labels.ts';
import type { AnalysisRunObject } from '../../../../plugin/analyses/resources.ts';
import { isWaiting, type Waiting, Waker, type WakerOptions } from '../../../../plugin/analyses/waker.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { recordingLogger } from '../lab.ts';

const WAITING: Waiting = {
  key: 'shop/web-1-ai-1-0badcafe',
  namespace: 'shop',
  analysisRun: 'web-1',
  analysisRunUID: 'u1',
  metric: 'ai',
};

function runWith(measurement: { finishedAt?: string } | undefined, phase = 'Running'): AnalysisRunObject {
  const measurements =
    measurement === undefined ? [] : [{ ...measurement, metadata: { canaryAnalysis: WAITING.key } }];
  return {
    metadata: { name: 'web-1', namespace: 'shop', uid: 'u1' },
    status: { phase, metricResults: [{ name: 'ai', measurements }] },
  };
}

/** What the waker asked for, in order, with the seconds it asked at. */
class Runs {
  readonly asked: string[] = [];
  readonly values: string[] = [];
  run: AnalysisRunObject = runWith({});
  failure: Error | undefined;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  readonly client: WakerOptions['client'] = {
    get: async () => {
      this.#ask('get');
      return this.run;
    },
    patch: async (_ref, patch) => {
      this.#ask('patch');
      expect(patch.metadata?.uid).to.equal('u1');
      this.values.push(patch.metadata?.annotations?.[ANNOTATION_WAKE] ?? '');
      return this.run;
    },
  };

  #ask(verb: string): void {
    this.asked.push(`${verb}@${this.#clock.monotonic() / 1000}`);
    if (this.failure !== undefined) throw this.failure;
  }
}

describe('waking a measurement', () => {
  let clock: FakeClock;
  let runs: Runs;
  let waker: Waker;
  let stop: AbortController;

  beforeEach(() => {
    clock = new FakeClock();
    runs = new Runs(clock);
    stop = new AbortController();
    waker = new Waker({ client: runs.client, clock, log: recordingLogger(), signal: stop.signal });
  });

  it('patches at once, and after 2, 10, 60 s and every 5 min when a look shows that it still waits', async () => {
    waker.wake(WAITING);
    await clock.advance(665_000);
    const times = [2, 10, 60, 360, 660].flatMap((second) => [`get@${second}`, `patch@${second}`]);
    expect(runs.asked).to.deep.equal(['patch@0', ...times]);
    expect(new Set(runs.values).size).to.equal(runs.values.length);
  });

  it('looks first when nobody knows whether it still waits', async () => {
    waker.wake(WAITING, { look: true });
    await clock.advance(0);
    expect(runs.asked).to.deep.equal(['get@0', 'patch@0']);
  });

  for (const [what, run] of [
    ['is finished', runWith({ finishedAt: '2026-01-01T00:00:00Z' })],
    ['belongs to a run that is over', runWith({}, 'Failed')],
    ['belonged to another run of the name', { ...runWith({}), metadata: { name: 'web-1', uid: 'u2' } }],
  ] as const) {
    it(`stops when the measurement ${what}`, async () => {
      waker.wake(WAITING);
      runs.run = run;
      await clock.advance(1_000_000);
      expect(runs.asked).to.deep.equal(['patch@0', 'get@2']);
      expect(clock.pending).to.deep.equal([]);
    });
  }

  it('stops when the AnalysisRun is gone', async () => {
    runs.failure = new CodedError('API_NOT_FOUND', 'gone');
    waker.wake(WAITING);
    await clock.advance(1_000_000);
    expect(runs.asked).to.deep.equal(['patch@0']);
    expect(clock.pending).to.deep.equal([]);
  });

  it('goes on while the API server is away', async () => {
    runs.failure = new CodedError('API_UNREACHABLE', 'away');
    waker.wake(WAITING);
    await clock.advance(10_000);
    runs.failure = undefined;
    await clock.advance(50_000);
    expect(runs.asked).to.deep.equal(['patch@0', 'get@2', 'get@10', 'get@60', 'patch@60']);
  });

  it('stops when it is told to, also in the middle of a request', async () => {
    waker.wake(WAITING);
    waker.stop(WAITING.key);
    await clock.advance(1_000_000);
    expect(runs.asked).to.deep.equal(['patch@0']);
  });

  it('begins later without disturbing a sequence under way', async () => {
    waker.wakeLater(WAITING);
    waker.wakeLater(WAITING);
    await clock.advance(2_000);
    waker.wakeLater(WAITING);
    await clock.advance(8_000);
    expect(runs.asked).to.deep.equal(['get@2', 'patch@2', 'get@10', 'patch@10']);
  });

  it('begins anew with a new reason to wake', async () => {
    waker.wakeLater(WAITING);
    await clock.advance(1_000);
    waker.wake(WAITING);
    await clock.advance(2_500);
    expect(runs.asked).to.deep.equal(['patch@1', 'get@3', 'patch@3']);
  });

  it('never has more than one timer for a measurement, whatever it is told', async () => {
    const commands = fc.array(fc.constantFrom('wake', 'look', 'later', 'stop', 'time'), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(commands, async (told) => {
        const time = new FakeClock();
        const each = new Waker({
          client: new Runs(time).client,
          clock: time,
          log: recordingLogger(),
          signal: stop.signal,
        });
        for (const command of told) {
          if (command === 'wake') each.wake(WAITING);
          else if (command === 'look') each.wake(WAITING, { look: true });
          else if (command === 'later') each.wakeLater(WAITING);
          else if (command === 'stop') each.stop(WAITING.key);
          else await time.advance(1_500);
        }
        await time.advance(0);
        expect(time.pending.length).to.be.at.most(1);
        each.stopAll();
        expect(time.pending).to.deep.equal([]);
      }),
      { numRuns: 50 },
    );
  });

  it('takes a measurement that is not stored yet for one that waits', () => {
    expect(isWaiting(runWith(undefined), WAITING)).to.equal(true);
    expect(isWaiting({ metadata: { name: 'web-1', uid: 'u1' } }, WAITING)).to.equal(true);
  });
});
