import { expect } from 'chai';
import fc from 'fast-check';
import { WorkQueue } from '../../../../operator/kernel/work-queue.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

describe('the work queue', () => {
  let clock: FakeClock;
  let queue: WorkQueue;

  beforeEach(() => {
    clock = new FakeClock();
    queue = new WorkQueue({ clock });
  });

  it('hands keys out in the order in which they came', async () => {
    for (const key of ['a', 'b', 'c']) queue.add(key);
    expect([await queue.take(), await queue.take(), await queue.take()]).to.deep.equal(['a', 'b', 'c']);
  });

  it('holds a key once however often it is added', async () => {
    for (let times = 0; times < 3; times++) queue.add('a');
    expect(queue.length).to.equal(1);
  });

  it('gives a key that is added while in process back to the line when that is done, not before', async () => {
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.add('a');
    expect(queue.length).to.equal(0);
    queue.done('a');
    expect(queue.length).to.equal(1);
  });

  it('wakes the worker that has waited longest', async () => {
    const [first, second] = [queue.take(), queue.take()];
    queue.add('a');
    queue.add('b');
    expect(await first).to.equal('a');
    expect(await second).to.equal('b');
  });

  it('adds a delayed key at its time, and of two delays takes the earlier', async () => {
    queue.addAfter('a', 1000);
    queue.addAfter('a', 300);
    queue.addAfter('a', 2000);
    await clock.advance(299);
    expect(queue.length).to.equal(0);
    await clock.advance(1);
    expect(queue.length).to.equal(1);
    expect(clock.pending).to.deep.equal([]);
  });

  it('adds a key delayed by nothing at once', () => {
    queue.addAfter('a', 0);
    queue.addAfter('b', -5);
    expect(queue.length).to.equal(2);
  });

  it('doubles the wait of a key from 5 ms to 1000 s until it is forgotten', async () => {
    const waits: (number | undefined)[] = [];
    for (let times = 0; times < 20; times++) {
      queue.addRateLimited('a');
      waits.push(clock.pending[0]);
      await clock.advance(1_000_000);
      queue.done((await queue.take()) ?? '');
    }
    expect(waits.slice(0, 4)).to.deep.equal([5, 10, 20, 40]);
    expect(waits.slice(17)).to.deep.equal([655_360, 1_000_000, 1_000_000]);
    expect(queue.retries('a')).to.equal(20);
    queue.forget('a');
    queue.addRateLimited('a');
    expect(clock.pending).to.deep.equal([5]);
  });

  it('drains when it is shut down so: hands out what is in line, takes nothing more, then ends the workers', async () => {
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 10);
    queue.shutDown({ drain: true });
    queue.add('d');
    queue.addAfter('d', 10);
    expect(await queue.take()).to.equal('b');
    let idle = false;
    const whenIdle = queue.idle().then(() => {
      idle = true;
    });
    queue.done('b');
    queue.done('a');
    await clock.advance(100);
    expect(idle).to.equal(false);
    expect(await queue.take()).to.equal('a');
    expect(await queue.take()).to.equal(undefined);
    queue.done('a');
    await whenIdle;
  });

  it('drops the line when it is shut down without draining, and wakes waiting workers', async () => {
    const waiting = queue.take();
    queue.add('a');
    await waiting;
    queue.add('a');
    queue.add('b');
    queue.shutDown({ drain: false });
    queue.done('a');
    expect(await queue.take()).to.equal(undefined);
    await queue.idle();
    expect(clock.pending).to.deep.equal([]);
  });

  it('never gives a key to two workers at once and never loses one', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const operation = fc.oneof(
      fc.record({ do: fc.constant('add' as const), key }),
      fc.record({ do: fc.constant('addAfter' as const), key, ms: fc.integer({ min: 0, max: 50 }) }),
      fc.record({ do: fc.constant('addRateLimited' as const), key }),
      fc.record({ do: fc.constant('forget' as const), key }),
      fc.record({ do: fc.constant('take' as const) }),
      fc.record({ do: fc.constant('done' as const), pick: fc.nat() }),
      fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 40 }) }),
    );
    return fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 60 }), async (operations) => {
        const time = new FakeClock();
        const tested = new WorkQueue({ clock: time, baseDelayMs: 4, maxDelayMs: 32 });
        const model = new Model();
        const take = (): void => {
          model.waiting++;
          void tested.take().then((taken) => model.handedOut(taken));
        };
        for (const step of operations) {
          switch (step.do) {
            case 'add':
              tested.add(step.key);
              model.add(step.key);
              break;
            case 'addAfter':
              tested.addAfter(step.key, step.ms);
              model.addAfter(step.key, step.ms);
              break;
            case 'addRateLimited':
              tested.addRateLimited(step.key);
              model.addRateLimited(step.key);
              break;
            case 'forget':
              tested.forget(step.key);
              model.failures.delete(step.key);
              break;
            case 'take':
              take();
              break;
            case 'done': {
              const working = [...model.working];
              const finished = working[step.pick % Math.max(1, working.length)];
              if (finished === undefined) break;
              model.working.delete(finished);
              tested.done(finished);
              break;
            }
            case 'advance':
              await time.advance(step.ms);
              model.advance(step.ms);
              break;
          }
          await time.advance(0);
          model.check(tested);
        }
        await time.advance(100);
        model.advance(100);
        while (model.needed.size > 0 || model.working.size > 0) {
          const before = [...model.working];
          for (const finished of before) {
            model.working.delete(finished);
            tested.done(finished);
          }
          if (model.waiting === 0) take();
          await time.advance(0);
          model.check(tested);
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** What must hold of the queue, said as simply as can be: which keys need work, who works, what is due when. */
class Model {
  readonly needed = new Set<string>();
  readonly working = new Set<string>();
  readonly failures = new Map<string, number>();
  readonly #due = new Map<string, number>();
  #now = 0;
  waiting = 0;

  add(key: string): void {
    this.needed.add(key);
  }

  addAfter(key: string, ms: number): void {
    if (ms <= 0) this.add(key);
    else this.#due.set(key, Math.min(this.#due.get(key) ?? Number.POSITIVE_INFINITY, this.#now + ms));
  }

  addRateLimited(key: string): void {
    const failures = this.failures.get(key) ?? 0;
    this.failures.set(key, failures + 1);
    this.addAfter(key, Math.min(4 * 2 ** failures, 32));
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const [key, at] of this.#due) {
      if (at > this.#now) continue;
      this.#due.delete(key);
      if (!this.handedOutEarly.delete(key)) this.add(key);
    }
  }

  /** Keys that came due and were handed out before the model was told that time had passed. */
  readonly handedOutEarly = new Set<string>();

  handedOut(key: string | undefined): void {
    if (key === undefined) throw new Error('the queue ended');
    if (this.working.has(key)) throw new Error(`${key} is with two workers`);
    this.waiting--;
    this.working.add(key);
    if (!this.needed.delete(key)) this.handedOutEarly.add(key);
  }

  check(queue: WorkQueue): void {
    const inLine = [...this.needed].filter((key) => !this.working.has(key));
    expect(this.handedOutEarly.size).to.equal(0);
    expect(queue.length).to.equal(inLine.length);
    expect(queue.processing).to.equal(this.working.size);
    if (this.waiting > 0) expect(inLine).to.deep.equal([]);
  }
}
