import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { openCases } from './case-folder.ts';
import { evaluate, type Outcome } from './evaluate.ts';
import { Progress } from './progress.ts';
import { isKind } from './review/reviewer.ts';
import { evaluateReviewers } from './review/run.ts';
import { type ClassSummary, summarize } from './summary.ts';
import { evaluateSynthetic } from './synthetic/run.ts';
import { classTable, targetList, wrongVerdicts } from './table.ts';
import { type Checked, checkTargets } from './targets.ts';

const USAGE = `Usage: main.ts [--cases PATH] [--seed SEED] [--size N] [--rollouts N] [--json FILE] [--no-peers] [--reviewer KIND]

Judges bundles whose right verdicts are known and prints how often the judge and its peers are right.

  --cases PATH     a folder of bundles, or a tar archive of one; synthetic pairs when absent
  --seed SEED      what the synthetic pairs follow from; drawn and printed when absent
  --size N         synthetic pairs a class; 200 when absent
  --rollouts N     rollouts of an unchanged version; ten times the size when absent
  --class REGEXP   only these synthetic classes, without rollouts and power curve
  --json FILE      where all figures go; build/eval.json when absent
  --no-peers       the peers do not judge
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
    reviewer,
    rollouts: values.rollouts === '' ? size * 10 : count('rollouts', values.rollouts),
  };
}

async function evaluateFolder(path: string, peers: boolean, progress: Progress): Promise<Outcome[]> {
  const { cases, dispose } = await openCases(path);
  try {
    const outcomes: Outcome[] = [];
    for (const each of cases) {
      outcomes.push(await evaluate(each, { now: () => performance.now(), peers }));
      progress.at('judging', outcomes.length, cases.length);
    }
    return outcomes;
  } finally {
    progress.end();
    await dispose();
  }
}

function report(outcomes: readonly Outcome[], summaries: readonly ClassSummary[]): void {
  say(classTable(summaries));
  const wrong = wrongVerdicts(outcomes);
  if (wrong !== '') say(`\nNot right:\n${wrong}`);
  for (const { annotated, name } of outcomes) {
    if (annotated === undefined || annotated.missing.length === 0) continue;
    say(
      `\n${name}: ${annotated.represented} of ${annotated.lines - annotated.onStable} annotated lines that stable lacks (${annotated.lines} in all) are in novel templates; not these:`,
    );
    for (const line of annotated.missing) say(`  ${line}`);
  }
  for (const { unfounded, name, message } of outcomes) {
    if (unfounded.length > 0) say(`\n${name} says what its bundle lacks: ${message}`);
  }
}

async function main(): Promise<number> {
  let given: ReturnType<typeof options>;
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
  const peers = !given['no-peers'];
  let checked: readonly Checked[];
  let result: object;
  if (given.reviewer !== undefined) {
    if (given.cases === '') say(`seed ${given.seed}`);
    const results = await evaluateReviewers({
      ...given,
      kind: given.reviewer,
      env: process.env,
      progress,
      say,
    });
    checked = results.flatMap(({ targets }) => targets);
    result = { seed: given.seed, reviewers: results };
  } else if (given.cases !== '') {
    const outcomes = await evaluateFolder(given.cases, peers, progress);
    const classes = summarize(outcomes);
    report(outcomes, classes);
    checked = checkTargets(classes);
    result = { cases: given.cases, classes, outcomes };
  } else {
    say(`seed ${given.seed}`);
    const synthetic = await evaluateSynthetic({ ...given, peers, progress });
    report(synthetic.outcomes, synthetic.classes);
    say(`\n${synthetic.text}`);
    checked = synthetic.targets;
    const { text: _text, targets: _targets, ...figures } = synthetic;
    result = { seed: given.seed, ...figures };
  }
  say(`\n${targetList(checked)}`);
  await mkdir(dirname(given.json), { recursive: true });
  await writeFile(given.json, `${JSON.stringify({ ...result, targets: checked }, undefined, 1)}\n`);
  say(`\nAll figures are in ${given.json}.`);
  return checked.every(({ holds }) => holds) ? 0 : 1;
}

process.exitCode = await main();
