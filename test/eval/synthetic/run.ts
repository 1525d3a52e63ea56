import { evaluate, type Outcome } from '../evaluate.ts';
import type { Progress } from '../progress.ts';
import { type ClassSummary, type Share, share, summarize } from '../summary.ts';
import { columns, percent } from '../table.ts';
import { type Checked, checkTargets } from '../targets.ts';
import { syntheticCases } from './cases.ts';
import { CLASSES } from './classes.ts';
import { MOST_LOOKS, type NullRollout, nullRollout } from './null-rollouts.ts';
import { EXPECTED_ERRORS, FACTORS, type PowerPoint, powerPoint } from './power-curve.ts';

/** How large a synthetic evaluation is. */
export interface SyntheticOptions {
  readonly seed: string;
  /** Pairs a class; a quarter of it, at least ten, for each point of the power curve. */
  readonly size: number;
  readonly rollouts: number;
  /** A regular expression: only these classes, without rollouts and power curve; all when empty. */
  readonly class: string;
  readonly peers: boolean;
  readonly progress: Progress;
}

/** Everything a synthetic evaluation found. */
export interface SyntheticResult {
  readonly outcomes: readonly Outcome[];
  readonly classes: readonly ClassSummary[];
  readonly rollouts?: {
    readonly wrongAborts: Share;
    /** The same where errors come one by one, and where they come as incidents. */
    readonly single: Share;
    readonly incidents: Share;
    readonly aborted: readonly NullRollout[];
  };
  readonly power: readonly PowerPoint[];
  readonly targets: readonly Checked[];
  /** Rollouts and power curve for people. */
  readonly text: string;
}

/** The upper bound that wrong Aborts of whole rollouts must keep: α = .05, with room for the interval of 2,000. */
const MOST_WRONG_ABORTS = 0.06;

export async function evaluateSynthetic(options: SyntheticOptions): Promise<SyntheticResult> {
  const { seed, size, peers, progress } = options;
  const only = new RegExp(options.class);
  const outcomes: Outcome[] = [];
  for (const made of CLASSES.filter(({ name }) => only.test(name))) {
    let done = 0;
    for (const each of syntheticCases(seed, made, size)) {
      outcomes.push(await evaluate(each, { now: () => performance.now(), peers }));
      progress.at(made.name, ++done, size);
    }
  }
  progress.end();
  const classes = summarize(outcomes);
  const targets = checkTargets(classes);
  if (options.class !== '') return { outcomes, classes, power: [], targets, text: '' };
  const rollouts = await evaluateRollouts(options);
  const power = await evaluatePower(options);
  const { wrongAborts: w } = rollouts;
  return {
    outcomes,
    classes,
    rollouts,
    power,
    targets: [
      ...targets,
      {
        text: `wrong Aborts of rollouts that changed nothing, up to ${MOST_LOOKS} measurements each: upper 95 % Wilson bound at most ${percent(MOST_WRONG_ABORTS)}`,
        seen: `${w.count} of ${w.of} rollouts (${percent(w.share)}), upper bound ${percent(w.high)}`,
        holds: w.high <= MOST_WRONG_ABORTS,
      },
    ],
    text: `${rolloutText(rollouts)}\n\n${powerText(power)}`,
  };
}

async function evaluateRollouts({ seed, rollouts, progress }: SyntheticOptions) {
  const all: NullRollout[] = [];
  for (let i = 0; i < rollouts; i++) {
    all.push(await nullRollout(seed, i));
    progress.at('rollouts that change nothing', all.length, rollouts);
  }
  progress.end();
  const aborted = all.filter((rollout) => rollout.aborted !== undefined);
  const of = (incidents: boolean): Share =>
    share(
      aborted.filter((rollout) => rollout.incidents === incidents).length,
      all.filter((rollout) => rollout.incidents === incidents).length,
    );
  return {
    wrongAborts: share(aborted.length, all.length),
    single: of(false),
    incidents: of(true),
    measurements: all.reduce((sum, { measurements }) => sum + measurements, 0),
    aborted,
  };
}

async function evaluatePower({ seed, size, progress }: SyntheticOptions): Promise<PowerPoint[]> {
  const cases = Math.max(10, Math.round(size / 4));
  const points: PowerPoint[] = [];
  for (const factor of FACTORS) {
    for (const expected of EXPECTED_ERRORS) {
      points.push(await powerPoint(seed, factor, expected, cases));
      progress.at('power curve, points', points.length, FACTORS.length * EXPECTED_ERRORS.length);
    }
  }
  progress.end();
  return points;
}

function rolloutText({
  wrongAborts,
  single,
  incidents,
  aborted,
}: NonNullable<SyntheticResult['rollouts']>): string {
  const line = (name: string, s: Share): string[] => [
    name,
    `${s.count} of ${s.of}`,
    percent(s.share),
    percent(s.high),
  ];
  const table = columns([
    ['rollouts that change nothing', 'wrong Aborts', 'share', 'upper 95 % Wilson'],
    line('all', wrongAborts),
    line('errors one by one', single),
    line('errors as incidents', incidents),
  ]);
  const examples = aborted
    .slice(0, 5)
    .map(({ name, aborted: why }) => `  ${name}, measurement ${why?.look}: ${why?.message.slice(0, 200)}`);
  return [table, ...examples].join('\n');
}

function powerText(points: readonly PowerPoint[]): string {
  const table = (title: string, of: (point: PowerPoint) => number): string =>
    columns([
      [title, ...FACTORS.map((factor) => `×${factor}`)],
      ...EXPECTED_ERRORS.map((expected) => [
        String(expected),
        ...FACTORS.map((factor) => {
          const point = points.find((p) => p.factor === factor && p.expectedErrors === expected);
          return point === undefined ? '–' : percent(of(point) / point.cases);
        }),
      ]),
    ]);
  return `${table('aborted, by errors expected on canary and factor', (p) => p.aborts)}\n\n${table('promoted, by errors expected on canary and factor', (p) => p.promotes)}`;
}
