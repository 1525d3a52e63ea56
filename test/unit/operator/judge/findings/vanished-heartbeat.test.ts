import { expect } from 'chai';
import { assess } from '../../../../../operator/judge/index.ts';
import type { Template } from '../../../../../operator/model.ts';
import { count, input, pods, template } from '../builders.ts';

const work = (side: number) => Object.fromEntries(Array.from({ length: side }, (_, i) => [i, 100]));
const heartbeat = (changed: Parameters<typeof count>[2] = {}, n = 60) =>
  template(
    'info',
    count('stable', n, { activeMinutes: 10, ...changed }),
    0,
    'lease renewed by scheduler loop',
  );
const vanished = (templates: readonly Template[], given: Parameters<typeof input>[0] = {}) =>
  assess(
    input({
      templates,
      ...given,
      distilled: { work: { stable: work(10), canary: work(10) }, ...given.distilled },
    }),
  ).findings.filter(({ kind }) => kind === 'VanishedHeartbeat');

describe('VanishedHeartbeat', () => {
  it('suspects a regular record that the canary never logs', () => {
    const [finding] = vanished([heartbeat()]);
    expect(finding).to.include({
      severity: 'Suspicious',
      stableCount: 60,
      canaryCount: 0,
      message:
        "canary never logs `lease renewed by scheduler loop`; stable did 60 times, in 10 of 10 minutes, which makes 60 for the canary's share of the work",
    });
  });

  const other = (text: string, n: number) => template('info', 0, n, text);
  const table: readonly [string, readonly Template[], Parameters<typeof input>[0]?][] = [
    ['one that the canary logs, too', [template('info', count('stable', 60, { activeMinutes: 10 }), 1)]],
    ['one that the canary logged before', [{ ...heartbeat(), canary: count('canary', 0, { outside: 2 }) }]],
    ['an irregular one', [heartbeat({ activeMinutes: 6 })]],
    ['a reworded one', [heartbeat(), other('scheduler loop renewed its lease', 3)]],
    ['one that is logged as often under another name', [heartbeat(), other('tick', 55)]],
    [
      'one that a single leader of stable logs',
      [heartbeat({ pods: { 'stable-1': 60 } })],
      { stablePods: pods('stable', 3) },
    ],
    [
      'one that chance could leave out on a canary with little work',
      [heartbeat()],
      { lines: { stable: 1000, canary: 60 } },
    ],
    [
      'a log that was read for a moment',
      [heartbeat()],
      { distilled: { work: { stable: work(4), canary: {} } } },
    ],
    ['lines without times', [heartbeat()], { distilled: { work: { stable: {}, canary: {} } } }],
    ['a warning', [template('warn', count('stable', 60, { activeMinutes: 10 }), 0)]],
  ];
  for (const [what, templates, given] of table)
    it(`does not suspect ${what}`, () => {
      expect(vanished(templates, given)).to.deep.equal([]);
    });

  it('misses nothing where the whole vocabulary changed', () => {
    const changed = [heartbeat({}, 400), other('something else', 3000)];
    expect(vanished(changed, { lines: { stable: 60, canary: 60 } })).to.deep.equal([]);
  });
});
