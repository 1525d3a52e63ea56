import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KINDS, type Kind, writeLog } from './distill-logs.ts';
import { makePeers, type Peer } from './distill-peers.ts';
import { median } from './statistics.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const ROUNDS = 3;
const BYTES = 96e6;
/** What the design asks for, in MB per CPU-second. */
const BUDGET = 60;
/** Python reads the first part only: it would take minutes. */
const PYTHON_BYTES = 4e6;

const OURS: Peer = {
  name: 'ours',
  command: process.execPath,
  args: [join(import.meta.dirname, 'distill-ours.ts'), 'FILE'],
};

interface Measured {
  readonly kind: Kind;
  readonly contender: string;
  /** MB per CPU-second, round by round. */
  readonly rates: number[];
  templates: number;
  residentMB: number;
}

const say = (line: string) => process.stderr.write(`${line}\n`);

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-distill-'));
  try {
    const contenders = [OURS, ...(await makePeers(say))];
    const results: Measured[] = [];
    for (const kind of KINDS) {
      const [whole, part] = [join(folder, `${kind}.log`), join(folder, `${kind}-part.log`)];
      await writeLog(whole, kind, BYTES);
      await writeLog(part, kind, PYTHON_BYTES);
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const contender of contenders)
          await measure(results, kind, contender, contender.command === 'python3' ? part : whole);
      }
      say(`${kind} measured`);
    }
    report(results, contenders);
    await mkdir(join(root, 'build'), { recursive: true });
    await writeFile(
      join(root, 'build/bench-distill.json'),
      `${JSON.stringify({ date: new Date().toISOString(), node: process.version, load: loadavg(), results }, null, 2)}\n`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(results: Measured[], kind: Kind, contender: Peer, file: string): Promise<void> {
  const args = contender.args.map((arg) => (arg === 'FILE' ? file : arg));
  const { stdout } = await run(contender.command, args, { maxBuffer: 1e7 });
  const { bytes, cpuSeconds, templates, residentMB } = JSON.parse(stdout);
  let result = results.find((each) => each.kind === kind && each.contender === contender.name);
  if (result === undefined) {
    result = { kind, contender: contender.name, rates: [], templates: 0, residentMB: 0 };
    results.push(result);
  }
  result.rates.push(bytes / 1e6 / cpuSeconds);
  result.templates = templates;
  result.residentMB = Math.max(result.residentMB, residentMB);
}

function report(results: readonly Measured[], contenders: readonly Peer[]): void {
  const out = (line: string) => process.stdout.write(`${line}\n`);
  out('\n| log | program | MB per CPU-second | templates | resident MB | ours to it |');
  out('|---|---|---:|---:|---:|---:|');
  for (const { kind, contender, rates, templates, residentMB } of results) {
    const ours = results.find((each) => each.kind === kind && each.contender === OURS.name);
    const ratio = median(rates.map((rate, round) => (ours?.rates[round] ?? Number.NaN) / rate));
    const cells = [kind, contender, median(rates).toFixed(1), templates, Math.round(residentMB)];
    out(`| ${cells.join(' | ')} | ${contender === OURS.name ? '' : ratio.toFixed(1)} |`);
  }
  out('');
  out(
    `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${availableParallelism()} processors, load average ${loadavg()[0]?.toFixed(1)}.`,
  );
  const slow = results.filter(({ contender, rates }) => contender === OURS.name && median(rates) < BUDGET);
  out(
    slow.length === 0
      ? `The budget of ${BUDGET} MB per CPU-second is met.`
      : `Under ${BUDGET} MB per CPU-second: ${slow.map(({ kind }) => kind).join(', ')}.`,
  );
  if (contenders.length < 3) out('Not every program to compare with could be made; see above.');
}

await main();
