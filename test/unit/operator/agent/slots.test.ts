import { expect } from 'chai';
import fc from 'fast-check';
import { CodedError } from '../../../../crds/errors.ts';
import { Busy, Slots } from '../../../../operator/agent/slots.ts';

const never = new AbortController().signal;

describe('the slots of an agent', () => {
  it('let no more in than there are, and everybody in at last, in the order in which they came', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.integer({ min: 10, max: 15 }), { maxLength: 20 }),
        async (size, works) => {
          const slots = new Slots(size, works.length);
          let inside = 0;
          let most = 0;
          const begun: number[] = [];
          await Promise.all(
            works.map((turns, index) =>
              slots.run(never, async () => {
                begun.push(index);
                inside += 1;
                most = Math.max(most, inside);
                for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
                inside -= 1;
              }),
            ),
          );
          expect(begun).to.deep.equal(works.map((_, index) => index));
          expect(most).to.equal(Math.min(size, works.length));
        },
      ),
    );
  });

  it('turn away whom there is no room for', async () => {
    const slots = new Slots(1, 1);
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = slots.run(never, () => promise);
    const second = slots.run(never, async () => 'second');
    const third = await slots.run(never, async () => 'third').catch((error: unknown) => error);
    expect(third).to.be.instanceOf(Busy);
    resolve();
    await first;
    expect(await second).to.equal('second');
  });

  it('let go of who gives up waiting, and of what fails', async () => {
    const slots = new Slots(1, 5);
    const { promise, reject } = Promise.withResolvers<void>();
    const first = slots.run(never, () => promise).catch((error: unknown) => error);
    const controller = new AbortController();
    const second = slots.run(controller.signal, async () => 'second').catch((error: unknown) => error);
    const third = slots.run(never, async () => 'third');
    controller.abort();
    expect(await second)
      .to.be.instanceOf(CodedError)
      .and.have.property('code', 'ABORTED');
    reject(new Error('failed'));
    expect(await first).to.have.property('message', 'failed');
    expect(await third).to.equal('third');
  });
});
