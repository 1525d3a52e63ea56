import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import { silentLogger } from '../../../../operator/kernel/logger.ts';
import { onTermination, type SignalledProcess, stopInOrder } from '../../../../operator/kernel/shutdown.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { captureLog } from '../../../support/log-capture.ts';

describe('termination', () => {
  function fakeProcess(): { process: SignalledProcess; emitter: EventEmitter; exits: number[] } {
    const emitter = new EventEmitter();
    const exits: number[] = [];
    return {
      process: {
        on: (event, listener) => emitter.on(event, listener),
        off: (event, listener) => emitter.off(event, listener),
        exit: (code) => void exits.push(code),
      },
      emitter,
      exits,
    };
  }

  for (const [name, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    it(`begins with a first ${name} and is cut short by a second`, () => {
      const { process, emitter, exits } = fakeProcess();
      const { signal } = onTermination(process, silentLogger);
      emitter.emit(name, name);
      expect(signal.aborted).to.equal(true);
      expect(exits).to.deep.equal([]);
      emitter.emit(name, name);
      expect(exits).to.deep.equal([code]);
    });
  }

  it('gives the signals back', () => {
    const { process, emitter } = fakeProcess();
    onTermination(process, silentLogger).dispose();
    expect(emitter.eventNames()).to.deep.equal([]);
  });
});

describe('stopping in order', () => {
  it('stops one thing after the other', async () => {
    const order: string[] = [];
    const step = (name: string) => ({
      name,
      timeoutMs: 1000,
      stop: async () => {
        order.push(`${name} begins`);
        await Promise.resolve();
        order.push(`${name} ends`);
      },
    });
    const clean = await stopInOrder([step('a'), step('b')], { clock: new FakeClock(), logger: silentLogger });
    expect(clean).to.equal(true);
    expect(order).to.deep.equal(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('goes on when one throws or hangs, says so, and tells the hanging one to give up', async () => {
    const clock = new FakeClock();
    const { logger, lines } = captureLog();
    let given: AbortSignal | undefined;
    let reached = false;
    const result = stopInOrder(
      [
        {
          name: 'throws',
          timeoutMs: 1000,
          stop: () => {
            throw new Error('no');
          },
        },
        {
          name: 'hangs',
          timeoutMs: 1000,
          stop: (signal) => {
            given = signal;
            return new Promise<void>(() => {});
          },
        },
        {
          name: 'last',
          timeoutMs: 1000,
          stop: () => {
            reached = true;
          },
        },
      ],
      { clock, logger },
    );
    await clock.advance(1000);
    expect(await result).to.equal(false);
    expect(given?.aborted).to.equal(true);
    expect(reached).to.equal(true);
    expect(lines.map((line) => [line['message'], line['step']])).to.deep.equal([
      ['failed to stop', 'throws'],
      ['did not stop in time', 'hangs'],
    ]);
  });
});
