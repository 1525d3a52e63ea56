import { expect } from 'chai';
import { assess } from '../../../../../operator/judge/index.ts';
import type { NumericField, NumericSample } from '../../../../../operator/model.ts';
import { input, template } from '../builders.ts';

const spread = (median: number, n = 60) => Array.from({ length: n }, (_, i) => median * (0.5 + i / n));
const sample = (values: Readonly<Record<string, readonly number[]>>): NumericSample => ({
  count: Object.values(values).reduce((sum, each) => sum + each.length, 0),
  values,
});
const timed = template('info', 500, 500, 'paid order <num>');
const field = (
  stable: Readonly<Record<string, readonly number[]>>,
  canary: Readonly<Record<string, readonly number[]>>,
  changed: Partial<NumericField> = {},
): NumericField => ({
  name: 'duration_ms',
  unit: 'ms',
  templateId: timed.id,
  stable: sample(stable),
  canary: sample(canary),
  ...changed,
});
const shifts = (...numbers: NumericField[]) =>
  assess(input({ templates: [timed], distilled: { numbers } })).findings.filter(
    ({ kind }) => kind === 'LatencyShift',
  );

describe('LatencyShift', () => {
  it('suspects a duration that trebled, and says by how much', () => {
    const [finding] = shifts(field({ s: spread(60) }, { c: spread(180) }));
    expect(finding).to.include({ severity: 'Suspicious', stableCount: 60, canaryCount: 60 });
    expect(finding?.message).to.match(
      /^canary takes longer: duration_ms in `paid order <num>` has a median of 179 ms against 60 ms on stable, a shift of at least \d+ ms \(60 and 60 values\)$/,
    );
  });

  const table: readonly [string, NumericField][] = [
    ['the same durations', field({ s: spread(60) }, { c: spread(60) })],
    ['a rise within a quarter of the mean', field({ s: spread(60, 900) }, { c: spread(70, 900) })],
    ['shorter durations', field({ s: spread(180) }, { c: spread(60) })],
    ['too few values', field({ s: spread(60) }, { c: spread(180, 7) })],
    ['what is no duration', { ...field({ s: spread(60) }, { c: spread(180) }), unit: undefined } as never],
    ['a side without values', field({}, { c: spread(180) })],
    [
      'a canary that is slower than two of three stable pods only',
      field({ a: spread(60), b: spread(60), d: spread(400) }, { c: spread(180) }),
    ],
  ];
  for (const [what, one] of table)
    it(`does not suspect ${what}`, () => {
      expect(shifts(one)).to.deep.equal([]);
    });

  it('finds the one slow pod of ten', () => {
    const canary = Object.fromEntries(
      Array.from({ length: 10 }, (_, i) => [`c${i}`, spread(i === 4 ? 300 : 60)]),
    );
    const stable = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`s${i}`, spread(60)]));
    const found = shifts(field(stable, canary));
    expect(found).to.have.length(1);
    expect(found[0]?.message).to.match(/^canary pod c4 takes longer: /);
    expect(found[0]?.canaryPods).to.equal(1);
  });

  it('corrects for many fields: what is barely unlikely in one is nothing among sixty', () => {
    const slow = field({ s: spread(100, 8) }, { c: spread(180, 8) });
    const same = Array.from({ length: 60 }, (_, i) =>
      field({ s: spread(60, 8) }, { c: spread(60, 8) }, { name: `t${i}_ms` }),
    );
    expect(shifts(slow)).to.have.length(1);
    expect(shifts(slow, ...same)).to.deep.equal([]);
  });

  it('calls a number of a plain text, or a field called by its unit, the time', () => {
    for (const name of ['T3#1', 'ms']) {
      const [finding] = shifts(field({ s: spread(60) }, { c: spread(180) }, { name }));
      expect(finding?.message).to.contain('takes longer: the time in `paid order <num>`');
    }
  });
});
