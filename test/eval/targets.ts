import type { ClassSummary, Share } from './summary.ts';
import { percent } from './table.ts';

/** A target that was looked at. */
export interface Checked {
  readonly text: string;
  readonly seen: string;
  readonly holds: boolean;
}

/** What the summary of a class has to show. */
interface Target {
  readonly classes: readonly string[];
  readonly text: string;
  readonly of: (summary: ClassSummary) => Share | undefined;
  readonly holds: (share: Share) => boolean;
}

const GOOD = [
  'nothing-changed',
  'new-info',
  'renamed-warning',
  'same-errors',
  'start-up-lines',
  'changed-format',
  'same-statuses',
  'silent-pair',
];
const NEVER_PROMOTED = [
  'failed-requests',
  'rate-x2-from-100',
  'bad-pod-of-ten',
  'latency-x3',
  'low-traffic',
  'probes-only',
  'stuck-retry',
  'changed-format-x5',
  'levels-lost-x5',
  'unmarked-failures',
  'stops-working',
  'mostly-unready',
  'empty-canary',
];

const TARGETS: readonly Target[] = [
  { classes: GOOD, text: 'at least 90 % Promote', of: (s) => s.promote, holds: (s) => s.share >= 0.9 },
  { classes: GOOD, text: 'at most 5 % Abort', of: (s) => s.abort, holds: (s) => s.share <= 0.05 },
  {
    classes: ['rate-x5-from-30', 'rare-fatal', 'like-fatal'],
    text: 'at least 95 % Abort',
    of: (s) => s.abort,
    holds: (s) => s.share >= 0.95,
  },
  { classes: NEVER_PROMOTED, text: 'never Promote', of: (s) => s.promote, holds: (s) => s.count === 0 },
  {
    classes: ['injected'],
    text: 'the same verdict and reason as the clean twin',
    of: (s) => s.twinDiffers,
    holds: (s) => s.count === 0,
  },
  {
    classes: ['healthy'],
    text: 'at least 85 % Promote',
    of: (s) => s.promote,
    holds: (s) => s.share >= 0.85,
  },
  { classes: ['healthy'], text: 'at most 5 % Abort', of: (s) => s.abort, holds: (s) => s.share <= 0.05 },
  { classes: ['fault-return'], text: 'all Abort', of: (s) => s.abort, holds: (s) => s.count === s.of },
  {
    classes: ['ci-regression'],
    text: 'at least 15 of 18 Abort',
    of: (s) => s.abort,
    holds: (s) => s.count * 18 >= s.of * 15,
  },
  { classes: ['ci-regression'], text: 'never Promote', of: (s) => s.promote, holds: (s) => s.count === 0 },
  {
    classes: ['ci-regression'],
    text: 'at least 94 % of the annotated error lines that stable lacks are in novel templates',
    of: (s) => s.annotated,
    holds: (s) => s.share >= 0.94,
  },
];

/** The targets of the classes that are there, and that no message names what its bundle lacks. */
export function checkTargets(summaries: readonly ClassSummary[]): Checked[] {
  const checked = TARGETS.flatMap(({ classes, text, of, holds }) =>
    summaries.flatMap((summary): Checked[] => {
      const seen = classes.includes(summary.class) ? of(summary) : undefined;
      if (seen === undefined) return [];
      return [
        {
          text: `${summary.class}: ${text}`,
          seen: `${seen.count} of ${seen.of} (${percent(seen.share)})`,
          holds: holds(seen),
        },
      ];
    }),
  );
  const unfounded = summaries.reduce((sum, summary) => sum + summary.unfounded.count, 0);
  return [
    ...checked,
    { text: 'no message names what its bundle lacks', seen: `${unfounded} do`, holds: unfounded === 0 },
  ];
}
