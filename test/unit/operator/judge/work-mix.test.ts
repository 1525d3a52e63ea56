import { expect } from 'chai';
import fc from 'fast-check';
import { assess } from '../../../../operator/judge/index.ts';
import type { Level, Template } from '../../../../operator/model.ts';
import { input, template } from './builders.ts';

const NO_LINES = { stable: 0, canary: 0 };
const judged = (templates: readonly Template[]) => assess(input({ lines: NO_LINES, templates }));
const probes = (stable: number, canary: number) => template('info', stable, canary, 'GET /healthz <num>');
const orders = (stable: number, canary: number, level: Level = 'info', text = 'order <num> placed') =>
  template(level, stable, canary, text);
const payments = (stable: number, canary: number) =>
  template('info', stable, canary, 'payment <id> captured');

describe("the canary's share of stable's work", () => {
  const table: readonly (readonly [string, readonly Template[], string, RegExp])[] = [
    [
      'probes and three requests',
      [probes(240, 120), orders(6000, 2), payments(3000, 1)],
      'Insufficient',
      /^a clearly worse canary .*: 3 comparable canary lines were seen, about \d+ are needed; 120 of its 123 ordinary lines are beyond stable's mix of work, most of all `GET \/healthz <num>`$/,
    ],
    [
      'probes alone',
      [probes(120, 60), orders(600, 0)],
      'Insufficient',
      /60 of its 60 ordinary lines are beyond/,
    ],
    [
      'a twentieth of the traffic, and as many probes',
      [probes(120, 120), orders(1000, 50)],
      'Clean',
      /nothing speaks/,
    ],
    ['the same mix', [probes(240, 12), orders(6000, 300), payments(3000, 150)], 'Clean', /nothing speaks/],
    ['one half of the mix', [orders(3000, 150), payments(3000, 0)], 'Clean', /nothing speaks/],
    ['a quarter of the mix', [orders(3000, 150), payments(9000, 0)], 'Insufficient', /150 of its 150/],
    ['probes, as stable does', [probes(120, 120)], 'Clean', /nothing speaks/],
    [
      'more of other things besides',
      [orders(3000, 150), template('info', 0, 3000)],
      'Clean',
      /nothing speaks/,
    ],
    [
      'the same in other words',
      [orders(3000, 0), orders(0, 300, 'info', 'order <num> placed now')],
      'Clean',
      /nothing speaks/,
    ],
    [
      'the same without a level',
      [orders(3000, 0), orders(0, 300, 'unknown')],
      'Insufficient',
      /stable's records carry levels and nearly none of the canary's does/,
    ],
    [
      'the same with levels on some other record alone',
      [orders(3000, 0), orders(0, 300, 'unknown'), template('info', 0, 300)],
      'Insufficient',
      /are beyond stable's mix of work/,
    ],
  ];
  for (const [what, templates, assessment, message] of table)
    it(`is ${assessment === 'Clean' ? 'enough' : 'not enough'} for ${what}`, () => {
      const found = judged(templates);
      expect(found.assessment).to.equal(assessment);
      expect(found.message).to.match(message);
    });

  it('is all of it for the same mix at any share of the traffic', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 20 }),
        (counts, times) => {
          const pairs = counts.map((count) => template('info', (count + 50) * times, count + 50));
          expect(judged(pairs).power).to.be.at.least(80);
        },
      ),
    );
  });

  it('never grows by more of one record', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 80, max: 5000 }), (requests, more) => {
        const power = (n: number) => judged([probes(100, n), orders(5000, requests)]).power;
        expect(power(more)).to.be.at.most(Math.max(power(80), power(more - 1)) + 1);
      }),
    );
  });
});

describe('logs without levels', () => {
  const bare = (stable: number, canary: number) => template('unknown', stable, canary, 'order <num> placed');

  it('are Clean with less than certainty, and say so', () => {
    const { assessment, power, message } = judged([bare(3000, 3000)]);
    expect({ assessment, power }).to.deep.equal({ assessment: 'Clean', power: 90 });
    expect(message).to.match(
      /errors are not marked in these logs, only those that say so in words are known$/,
    );
  });

  it('are not enough for who asks for more', () => {
    const asked = input({ lines: NO_LINES, templates: [bare(3000, 3000)], minPower: 95 });
    const { assessment, message } = assess(asked);
    expect(assessment).to.equal('Insufficient');
    expect(message).to.contain('errors are not marked in these logs');
  });
});
