import type { Outcome } from '../evaluate.ts';
import type { JobPool } from '../jobs/pool.ts';
import type { Progress } from '../progress.ts';
import { type ClassSummary, type Share, share, summarize } from '../summary.ts';
import { columns, percent } from '../table.ts';
import { type Checked, checkTargets } from '../targets.ts';
import { CLASSES } from './classes.ts';
import { MOST_LOOKS, type NullRollout } from './null-rollouts.ts';
import { EXPECTED_ERRORS, FACTORS, type PowerPoint } from './power-curve.ts';

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
  /** Who judges. */
  readonly pool: JobPool;
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
  const { seed, size, peers, progress, pool } = options;
  const only = new RegExp(options.class);
  const pairs = CLASSES.filter(({ name }) => only.test(name)).flatMap(({ name }) =>
    Array.from({ length: size }, (_, index) => ({ kind: 'pair', seed, class: name, index, peers }) as const),
  );
  const outcomes = await pool.run<'pair'>(pairs, (done, of) => progress.at('pairs', done, of));
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

async function evaluateRollouts({ seed, rollouts, progress, pool }: SyntheticOptions) {
  const all = await pool.run<'rollout'>(
    Array.from({ length: rollouts }, (_, index) => ({ kind: 'rollout', seed, index }) as const),
    (done, of) => progress.at('rollouts that change nothing', done, of),
  );
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

async function evaluatePower({ seed, size, progress, pool }: SyntheticOptions): Promise<PowerPoint[]> {
  const cases = Math.max(10, Math.round(size / 4));
  const jobs = FACTORS.flatMap((factor) =>
    EXPECTED_ERRORS.map(
      (expectedErrors) => ({ kind: 'power', seed, factor, expectedErrors, cases }) as const,
    ),
  );
  const points = await pool.run<'power'>(jobs, (done, of) => progress.at('power curve, points', done, of));
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
