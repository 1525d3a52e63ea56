import { expect } from 'chai';
import fc from 'fast-check';
import { assess } from '../../../../operator/judge/index.ts';
import { incidents, pieces } from '../../../../operator/judge/unevenness.ts';
import { count, input, pods, template } from './builders.ts';

const minutes = (n: number, each: number) =>
  Object.fromEntries(Array.from({ length: n }, (_, i) => [String(1000 + i), each]));
const erring = (byMinute: Readonly<Record<string, number>>, canary = 0) => {
  const all = Object.values(byMinute).reduce((sum, n) => sum + n, 0);
  return template('error', count('stable', all, { minutes: byMinute }), canary);
};
const work = { stable: minutes(40, 100), canary: minutes(4, 100) };

describe('the pieces of stable’s log', () => {
  it('are as long as what the canary did, and hold all of it', () => {
    const found = pieces([erring({ 1000: 7, 1020: 13 })], { work });
    expect(found).to.have.length(10);
    expect(found.map(({ exposure }) => exposure)).to.deep.equal(Array(10).fill(400));
    expect(found.map(({ count }) => count)).to.deep.equal([7, 0, 0, 0, 0, 13, 0, 0, 0, 0]);
  });

  it('are at least eight where the canary did as much, and no more than there are occurrences', () => {
    const alike = { stable: minutes(40, 100), canary: minutes(40, 100) };
    expect(pieces([erring({ 1000: 20 })], { work: alike })).to.have.length(8);
    expect(pieces([erring({ 1000: 3 })], { work: alike })).to.have.length(2);
  });

  it('count a minute in which nothing else was logged, and the rest at the end', () => {
    const found = pieces([erring({ 1000: 5, 1100: 20 })], { work });
    expect(found.reduce((sum, { count }) => sum + count, 0)).to.equal(25);
    expect(found.reduce((sum, { exposure }) => sum + exposure, 0)).to.equal(4000);
  });

  it('are none where lines carry no time, or nothing occurred', () => {
    expect(pieces([erring({ 1000: 5 })], {})).to.deep.equal([]);
    expect(pieces([template('error', 5, 5)], { work })).to.deep.equal([]);
  });
});

describe('errors that come in bursts', () => {
  const pods4 = pods('stable', 4);
  const judged = (byMinute: Readonly<Record<string, number>>, canary: number) =>
    assess(
      input({
        lines: { stable: 4000, canary: 400 },
        templates: [erring(byMinute, canary)],
        distilled: { work },
      }),
    );

  it('are a regression where stable’s come evenly, and a suspicion where stable’s come in one burst', () => {
    const evenly = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [String(1000 + 2 * i), 1]));
    expect(judged(evenly, 12).assessment).to.equal('Regressed');
    const { assessment, message } = judged({ 1010: 20 }, 12);
    expect(assessment).to.equal('Suspicious');
    expect(message).to.match(/6 times stable's rate; they come in bursts, not one by one$/);
  });

  it('excuse a doubled rate only where they are more than chance makes of single ones', () => {
    const doubled = (stable: readonly number[]) => {
      const all = stable.reduce((sum, n) => sum + n, 0);
      const pods = Object.fromEntries(stable.map((n, i) => [`stable-${i + 1}`, n]));
      const { assessment } = assess(
        input({
          lines: { stable: 4000, canary: 1000 },
          stablePods: pods4,
          templates: [template('error', count('stable', all, { pods }), 50)],
        }),
      );
      return assessment;
    };
    expect(doubled([16, 18, 40, 26])).to.equal('Suspicious');
    expect(doubled([1, 3, 6, 90])).to.equal('Clean');
  });

  it('are a regression all the same where they are many times more than the worst of stable', () => {
    expect(judged({ 1010: 10, 1020: 10 }, 120).assessment).to.equal('Regressed');
  });

  it('do not hide a new error that returns minute after minute', () => {
    const known = erring({ 1010: 40 });
    const fresh = (activeMinutes: number) => template('error', 0, count('canary', 40, { activeMinutes }));
    const of = (activeMinutes: number) =>
      assess(
        input({
          lines: { stable: 4000, canary: 400 },
          templates: [known, fresh(activeMinutes)],
          distilled: { work },
        }),
      ).assessment;
    expect([of(1), of(4)]).to.deep.equal(['Suspicious', 'Regressed']);
  });
});

describe('incidents', () => {
  it('are as many as the records that came alone, and fewer where several came at once', () => {
    expect(incidents(10, 10, 6000)).to.equal(10);
    expect(incidents(40, 10, 6000)).to.be.closeTo(10, 0.01);
  });

  it('are more than the seconds that had one, where those are many', () => {
    expect(incidents(5000, 3793, 6000)).to.be.closeTo(5000, 3);
    expect(incidents(100_000, 6000, 6000)).to.equal(100_000);
  });

  it('are at least the seconds that had one and at most the records', () => {
    const cases = fc.record({
      count: fc.integer({ min: 1, max: 10_000 }),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 6000 }), ({ count, part }, seconds) => {
        const active = Math.max(1, Math.floor(part * Math.min(count, seconds)));
        expect(incidents(count, active, seconds)).to.be.within(active, count);
      }),
    );
  });

  it('are what is compared: eight retries of two requests are no regression, of thirty are one', () => {
    const judged = (requests: number) =>
      assess(
        input({
          lines: { stable: 4000, canary: 400 },
          templates: [
            template(
              'error',
              count('stable', 16, { activeSeconds: 2, minutes: { 1000: 8, 1020: 8 } }),
              count('canary', 8 * requests, { activeSeconds: requests, activeMinutes: 2 }),
            ),
          ],
          distilled: { work },
        }),
      ).assessment;
    expect([judged(2), judged(30)]).to.deep.equal(['Suspicious', 'Regressed']);
  });

  describe('of an error that stable never had', () => {
    /** 25 a second in `active` of the `seconds` in which the canary was heard. */
    const judged = (active: number, seconds: number) =>
      assess(
        input({
          lines: { stable: 400, canary: 400 },
          templates: [
            template(
              'error',
              0,
              count('canary', 25 * active, { activeSeconds: active, activeMinutes: 1, minutes: { 1000: 1 } }),
            ),
          ],
          distilled: {
            work: { stable: { 1000: 400 }, canary: { 1000: 400 } },
            span: {
              stable: { from: 60_000_000, to: 60_059_999 },
              canary: { from: 60_000_000, to: 60_000_000 + seconds * 1000 - 1 },
            },
          },
        }),
      ).assessment;

    it('are counted in the seconds in which the canary was heard, not in whole minutes', () => {
      expect(judged(5, 5)).to.equal('Regressed');
      expect(judged(5, 6)).to.equal('Regressed');
    });

    it('make a regression where they return all through, and a suspicion where they were a few', () => {
      expect(judged(40, 60)).to.equal('Regressed');
      expect([judged(2, 60), judged(3, 60)]).to.deep.equal(['Suspicious', 'Suspicious']);
    });
  });
});
