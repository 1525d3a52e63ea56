import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { openCases } from './case-folder.ts';
import type { Outcome } from './evaluate.ts';
import { JobPool } from './jobs/pool.ts';
import { Progress } from './progress.ts';
import { recallBesidePeers, recallTable } from './recall.ts';
import { isKind, type Kind as ReviewerKind } from './review/reviewer.ts';
import { evaluateReviewers } from './review/run.ts';
import { type ClassSummary, summarize } from './summary.ts';
import { evaluateSynthetic } from './synthetic/run.ts';
import { classTable, targetList, wrongVerdicts } from './table.ts';
import { type Checked, checkTargets } from './targets.ts';

const USAGE = `Usage: main.ts [--cases PATH] [--seed SEED] [--size N] [--rollouts N] [--json FILE] [--no-peers] [--workers N] [--reviewer KIND]

Judges bundles whose right verdicts are known and prints how often the judge and its peers are right.

  --cases PATH     a folder of bundles, or a tar archive of one; synthetic pairs when absent
  --seed SEED      what the synthetic pairs follow from; drawn and printed when absent
  --size N         synthetic pairs a class; 200 when absent
  --rollouts N     rollouts of an unchanged version; ten times the size when absent
  --class REGEXP   only these synthetic classes, without rollouts and power curve
  --json FILE      where all figures go; build/eval.json when absent
  --no-peers       the peers do not judge
  --workers N      threads that judge; one for each processor when absent
  --reviewer KIND  gemini, openai or a2a reviews every case, 10 synthetic pairs a class unless --size says otherwise;
                   two doubles where the environment names no real one

Exit status: 0 when every target holds, 1 when one fails, 2 for bad usage.
`;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function options() {
  const { values } = parseArgs({
    options: {
      cases: { type: 'string', default: '' },
      seed: { type: 'string', default: '' },
      size: { type: 'string', default: '' },
      reviewer: { type: 'string', default: '' },
      rollouts: { type: 'string', default: '' },
      class: { type: 'string', default: '' },
      json: { type: 'string', default: 'build/eval.json' },
      'no-peers': { type: 'boolean', default: false },
      workers: { type: 'string', default: '' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const count = (name: string, value: string): number => {
    if (!/^\d+$/.test(value)) throw new TypeError(`--${name} must be a whole number, not ${value}`);
    return Number(value);
  };
  const reviewer = values.reviewer === '' ? undefined : values.reviewer;
  if (reviewer !== undefined && !isKind(reviewer))
    throw new TypeError(`--reviewer must be gemini, openai or a2a, not ${reviewer}`);
  const size = values.size === '' ? (reviewer === undefined ? 200 : 10) : count('size', values.size);
  return {
    ...values,
    seed: values.seed === '' ? String(crypto.getRandomValues(new Uint32Array(1))[0]) : values.seed,
    size,
    workers: values.workers === '' ? availableParallelism() : Math.max(1, count('workers', values.workers)),
    reviewer,
    rollouts: values.rollouts === '' ? size * 10 : count('rollouts', values.rollouts),
  };
}

type Given = ReturnType<typeof options>;

async function evaluateFolder(
  path: string,
  peers: boolean,
  { pool, progress }: { readonly pool: JobPool; readonly progress: Progress },
): Promise<Outcome[]> {
  const { root, dirs, dispose } = await openCases(path);
  try {
    const jobs = dirs.map((dir) => ({ kind: 'bundle', root, dir, peers }) as const);
    return await pool.run<'bundle'>(jobs, (done, of) => progress.at('judging', done, of));
  } finally {
    progress.end();
    await dispose();
  }
}

function report(outcomes: readonly Outcome[], summaries: readonly ClassSummary[]): void {
  say(classTable(summaries));
  const recalls = recallBesidePeers(outcomes);
  if (recalls.length > 0) say(`\n${recallTable(recalls)}`);
  const wrong = wrongVerdicts(outcomes);
  if (wrong !== '') say(`\nNot right:\n${wrong}`);
  for (const { annotated, name } of outcomes) {
    if (annotated === undefined || annotated.missing.length === 0) continue;
    say(
      `\n${name}: ${annotated.represented} of ${annotated.lines - annotated.onStable} annotated lines that stable lacks (${annotated.lines} in all) are in novel templates; not these:`,
    );
    for (const line of annotated.missing) say(`  ${line}`);
  }
  for (const { unfounded, name } of outcomes) {
    if (unfounded.length > 0) say(`\n${name} says what its bundle lacks: ${unfounded.join(', ')}`);
  }
}

interface Evaluation {
  readonly checked: readonly Checked[];
  /** What goes to the file of figures beside the targets. */
  readonly figures: object;
}

async function evaluateReviews(given: Given, kind: ReviewerKind, progress: Progress): Promise<Evaluation> {
  if (given.cases === '') say(`seed ${given.seed}`);
  const results = await evaluateReviewers({ ...given, kind, env: process.env, progress, say });
  return {
    checked: results.flatMap(({ targets }) => targets),
    figures: { seed: given.seed, reviewers: results },
  };
}

async function evaluateJudge(given: Given, progress: Progress): Promise<Evaluation> {
  const peers = !given['no-peers'];
  const pool = new JobPool(given.workers);
  try {
    if (given.cases !== '') {
      const outcomes = await evaluateFolder(given.cases, peers, { pool, progress });
      const classes = summarize(outcomes);
      report(outcomes, classes);
      return {
        checked: checkTargets(classes),
        figures: { cases: given.cases, classes, recalls: recallBesidePeers(outcomes), outcomes },
      };
    }
    say(`seed ${given.seed}`);
    const synthetic = await evaluateSynthetic({ ...given, peers, progress, pool });
    report(synthetic.outcomes, synthetic.classes);
    say(`\n${synthetic.text}`);
    const { text: _text, targets, ...figures } = synthetic;
    return { checked: targets, figures: { seed: given.seed, ...figures } };
  } finally {
    await pool.close();
  }
}

async function main(): Promise<number> {
  let given: Given;
  try {
    given = options();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return 2;
  }
  if (given.help) {
    say(USAGE);
    return 0;
  }
  const progress = new Progress(process.stderr, () => performance.now());
  const { checked, figures } =
    given.reviewer === undefined
      ? await evaluateJudge(given, progress)
      : await evaluateReviews(given, given.reviewer, progress);
  say(`\n${targetList(checked)}`);
  await mkdir(dirname(given.json), { recursive: true });
  await writeFile(given.json, `${JSON.stringify({ ...figures, targets: checked }, undefined, 1)}\n`);
  say(`\nAll figures are in ${given.json}.`);
  return checked.every(({ holds }) => holds) ? 0 : 1;
}

process.exitCode = await main();
