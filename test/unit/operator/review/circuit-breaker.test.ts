import { expect } from 'chai';
import fc from 'fast-check';
import { CircuitBreaker, type Pass } from '../../../../operator/review/circuit-breaker.ts';

const OPEN_MS = 30_000;

function passOf(breaker: CircuitBreaker): Pass {
  const entry = breaker.enter();
  if ('pass' in entry) return entry.pass;
  throw new Error('it is refused');
}

describe('the circuit of an endpoint', () => {
  let time: number;
  let breaker: CircuitBreaker;
  beforeEach(() => {
    time = 0;
    breaker = new CircuitBreaker({ failures: 3, openMs: OPEN_MS, now: () => time });
  });

  function open(): void {
    for (let count = 0; count < 3; count++) passOf(breaker).fail();
    expect(breaker.state).to.equal('open');
  }

  it('opens after failures in a row, and an answer between them begins the count anew', () => {
    passOf(breaker).fail();
    passOf(breaker).fail();
    passOf(breaker).succeed();
    passOf(breaker).fail();
    passOf(breaker).fail();
    expect(breaker.state).to.equal('closed');
    passOf(breaker).fail();
    expect(breaker.state).to.equal('open');
    expect(breaker.enter()).to.deep.equal({ refusedForMs: OPEN_MS });
  });

  it('does not count a question that was taken back', () => {
    passOf(breaker).fail();
    passOf(breaker).fail();
    passOf(breaker).release();
    expect(breaker.failures).to.equal(2);
    expect(breaker.state).to.equal('closed');
  });

  it('lets one request through after its time, and closes when that is answered', () => {
    open();
    time += OPEN_MS - 1;
    expect(breaker.enter()).to.deep.equal({ refusedForMs: 1 });
    time += 1;
    expect(breaker.state).to.equal('halfOpen');
    const probe = passOf(breaker);
    expect(breaker.enter()).to.have.property('refusedForMs');
    probe.succeed();
    expect(breaker.state).to.equal('closed');
    expect(breaker.failures).to.equal(0);
  });

  it('opens again for as long when that request fails', () => {
    open();
    time += OPEN_MS;
    passOf(breaker).fail();
    expect(breaker.enter()).to.deep.equal({ refusedForMs: OPEN_MS });
  });

  it('lets another one through when that request is taken back', () => {
    open();
    time += OPEN_MS;
    passOf(breaker).release();
    passOf(breaker).succeed();
    expect(breaker.state).to.equal('closed');
  });

  it('heeds no answer to a request from before it opened, and none twice', () => {
    const late = passOf(breaker);
    open();
    late.succeed();
    expect(breaker.state).to.equal('open');
    time += OPEN_MS;
    late.fail();
    const probe = passOf(breaker);
    probe.succeed();
    probe.fail();
    probe.fail();
    probe.fail();
    expect(breaker.state).to.equal('closed');
  });

  it('refuses exactly while it is open, whatever happens', () => {
    const step = fc.oneof(
      fc.constant('fail' as const),
      fc.constant('succeed' as const),
      fc.constant('release' as const),
      fc.integer({ min: 1, max: OPEN_MS }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (steps, failures) => {
        let now = 0;
        let inARow = 0;
        let openUntil = -1;
        let trial = false;
        const circuit = new CircuitBreaker({ failures, openMs: OPEN_MS, now: () => now });
        for (const what of steps) {
          if (typeof what === 'number') {
            now += what;
            continue;
          }
          const entry = circuit.enter();
          if (now < openUntil) {
            expect(entry).to.deep.equal({ refusedForMs: openUntil - now });
            continue;
          }
          expect(entry).to.have.property('pass');
          if (!('pass' in entry)) continue;
          entry.pass[what]();
          if (what === 'succeed') {
            inARow = 0;
            trial = false;
          }
          if (what === 'fail') {
            inARow++;
            if (trial || inARow >= failures) {
              openUntil = now + OPEN_MS;
              trial = true;
            }
          }
        }
      }),
    );
  });
});
