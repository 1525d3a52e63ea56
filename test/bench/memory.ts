/**
 * How much memory an analysis of a GiB of log takes above an idle operator: `node test/bench/memory.ts [MiB]`.
 * One process serves the logs of 20 pods as an API server does, over TLS and chunked; for each row another one reads
 * them with the operator's own code, bundled as it is for the image. Resident memory is the kernel's (`VmRSS`, `VmHWM`), so this runs on Linux alone.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { systemClock } from '../../crds/client/clock.ts';
import { createDistillTask } from '../../operator/distill-worker/index.ts';
import {
  collectEvidence,
  createCluster,
  DEFAULT_READ_LIMITS,
  evidenceWindow,
  PodObserver,
} from '../../operator/evidence/index.ts';
import { loadKubeConfig } from '../../operator/kernel/kube-config.ts';
import { createKubeTransport, type KubeTransport } from '../../operator/kernel/kube-transport.ts';
import type { LogSink } from '../../operator/model.ts';
import { selfSignedCertificate } from '../lab/certificate.ts';
import { type Row, table } from './report.ts';

const MIB = 1024 * 1024;
const PODS = 10;
const T0 = Date.UTC(2026, 0, 1);
const LINES_PER_CHUNK = 250;
const BUDGET_MIB = 64;
/** As the Deployment starts the operator. */
const EXEC_ARGV = ['--max-semi-space-size=2'];
const READERS = ['the bare transport', 'collected', 'collected and distilled'] as const;
type Reader = (typeof READERS)[number];

/** What one reader held, MiB, and how long it took, milliseconds. */
interface Measured {
  readonly idle: number;
  readonly peak: number;
  readonly ms: number;
}

const [role = '', ...rest] = process.argv.slice(2);
if (role === 'serve') serve(Number(rest[0]), rest[1] ?? '');
else if (role === 'read') await read(rest[0] as Reader, rest[1] ?? '', rest[2] ?? '');
else await compare(Number(role === '' ? 1024 : role));

async function compare(mib: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-memory-'));
  const server = fork(import.meta.filename, ['serve', String(mib), folder]);
  try {
    const reading = await bundled(folder);
    const [url] = (await once(server, 'message')) as [string];
    const rows: Row[] = [];
    for (const reader of READERS) {
      const child = fork(reading, ['read', reader, url, folder], { execArgv: EXEC_ARGV });
      const [{ idle, peak, ms }] = (await once(child, 'message')) as [Measured];
      await once(child, 'exit');
      rows.push({
        what: `${reader}: above ${idle} MiB idle, ${(mib / (ms / 1000)).toFixed(0)} MiB/s`,
        unit: 'MB',
        ours: Math.round((peak - idle) * 10) / 10,
        ...(reader === 'the bare transport' ? {} : { budget: { of: 'ours', most: BUDGET_MIB } }),
      });
    }
    process.stdout.write(`${mib} MiB of log of ${2 * PODS} pods, resident memory in MiB\n\n${table(rows)}\n`);
  } finally {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** This file and the distiller's thread as the image has programs: Node's own stripping of types takes 20 MiB. */
async function bundled(folder: string): Promise<string> {
  const worker = join(import.meta.dirname, '../../operator/distill-worker/main.ts');
  const require =
    "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  await build({
    entryPoints: { memory: import.meta.filename, 'distill-worker': worker },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    external: ['esbuild'],
    banner: { js: require },
    logLevel: 'error',
  });
  symlinkSync(join(import.meta.dirname, '../../node_modules'), join(folder, 'node_modules'));
  return join(folder, 'memory.mjs');
}

function resident(field: 'VmRSS' | 'VmHWM'): number {
  const text = readFileSync('/proc/self/status', 'utf8');
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  return Math.round(Number(kib) / 102.4) / 10;
}

/** Serves each log as lines of a server at work, one a millisecond, as many as make its share of the whole. */
function serve(mib: number, folder: string): void {
  const { cert, key } = selfSignedCertificate('localhost', new Date());
  writeFileSync(join(folder, 'ca.pem'), cert);
  const share = Math.floor((mib * MIB) / (2 * PODS));
  const server = https.createServer({ cert, key }, (request, response) => {
    if (!request.url?.includes('/log')) return void response.end('{"metadata":{},"items":[]}');
    send(request, response, share);
  });
  server.listen(0, '127.0.0.1', () =>
    process.send?.(`https://127.0.0.1:${(server.address() as AddressInfo).port}`),
  );
}

function send(request: IncomingMessage, response: ServerResponse, share: number): void {
  const since = new URL(request.url ?? '', 'https://localhost').searchParams.get('sinceTime');
  const line = (index: number): string =>
    `${new Date(T0 + index).toISOString()} INFO request completed method=GET path=/orders/${index} status=200 ` +
    `durationMs=${index % 97} user=u${index % 1009} trace=${(index * 2654435761).toString(16)}\n`;
  const lines = Math.floor(share / line(100_000).length);
  let index = since === null ? 0 : Math.max(0, Math.floor((Date.parse(since) - T0) / 1000) * 1000);
  const more = (): void => {
    while (index < lines) {
      const end = Math.min(index + LINES_PER_CHUNK, lines);
      let chunk = '';
      for (; index < end; index++) chunk += line(index);
      if (!response.write(chunk)) return void response.once('drain', more);
    }
    response.end();
  };
  more();
}

async function read(reader: Reader, server: string, folder: string): Promise<void> {
  const transport = createKubeTransport(loadKubeConfig({ server, caFile: join(folder, 'ca.pem') }, {}));
  await drop(transport, 'warm-up');
  await sleep(500);
  const idle = resident('VmRSS');
  const started = performance.now();
  if (reader === 'the bare transport') await readBare(transport);
  else await collect(transport, reader === 'collected and distilled');
  const ms = performance.now() - started;
  const measured: Measured = { idle, peak: resident('VmHWM'), ms };
  process.send?.(measured, () => process.exit());
}

async function drop(transport: KubeTransport, pod: string): Promise<void> {
  const query = pod === 'warm-up' ? { sinceTime: new Date(T0 + 1e11).toISOString() } : {};
  const { body } = await transport.request({
    method: 'GET',
    path: `/api/v1/namespaces/shop/pods/${pod}/log`,
    query,
  });
  for await (const _chunk of body);
}

/** As many at a time as evidence is read. */
async function readBare(transport: KubeTransport): Promise<void> {
  const names = Array.from({ length: 2 * PODS }, (_, index) => `web-${index}`);
  const work = async (): Promise<void> => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) await drop(transport, name);
  };
  await Promise.all([work(), work(), work(), work()]);
}

async function collect(transport: KubeTransport, distilled: boolean): Promise<void> {
  const now = T0 + 86_400_000;
  const window = evidenceWindow({ now, lookbackMs: 86_400_000, firstStart: T0 });
  const observers = { stable: new PodObserver('stable'), canary: new PodObserver('canary') };
  for (const side of ['stable', 'canary'] as const) {
    observers[side].observe(
      Array.from({ length: PODS }, (_, index) => ({
        metadata: { name: `${side}-${index}`, uid: `${side}-${index}` },
        spec: { containers: [{ name: 'app' }] },
        status: {
          containerStatuses: [
            { name: 'app', restartCount: 0, state: { running: { startedAt: new Date(T0).toISOString() } } },
          ],
        },
      })),
      now,
    );
  }
  const nowhere: LogSink = { open: () => ({ write: () => {}, end: () => {} }) };
  const distiller = createDistillTask({ windows: { stable: window.interval, canary: window.interval } });
  const none = { replicaSets: [], pods: [], leftOut: 0 };
  await collectEvidence(
    createCluster(transport, systemClock),
    {
      namespace: 'shop',
      window,
      observers,
      sides: { stable: none, canary: none },
      limits: DEFAULT_READ_LIMITS,
      redact: (text) => text,
    },
    distilled ? distiller : nowhere,
  );
  if (distilled) await distiller.result();
  await distiller.close();
}
