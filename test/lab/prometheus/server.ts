import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../control-plane/go-build.ts';
import { type ManagedProcess, startProcess } from '../control-plane/managed-process.ts';
import { prometheusServer } from '../control-plane/programs.ts';
import { waitUntilReady } from '../control-plane/readiness.ts';

const POLL_MS = 200;

/** A Prometheus as a process. */
export interface PrometheusServer {
  readonly url: string;
  /** The samples of an instant query. */
  ask(query: string): Promise<number[]>;
  /** Returns once an instant query has samples, all of which `holds` takes. */
  until(query: string, holds: (value: number) => boolean, signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Prometheus in a folder, which is made, with the content of its configuration file. */
export async function startServer(
  folder: string,
  configuration: object,
  progress: Progress = () => undefined,
): Promise<PrometheusServer> {
  const command = await prometheusServer(progress);
  await mkdir(folder, { recursive: true });
  const [config, logFile] = [join(folder, 'config.yaml'), join(folder, 'log')];
  // YAML takes JSON.
  await writeFile(config, JSON.stringify(configuration));
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    '--web.listen-address=127.0.0.1:0',
    // How soon a target that was discovered is scraped.
    '--scrape.discovery-reload-interval=100ms',
  ];
  const server = await startProcess('prometheus', command, args, { logFile, cwd: folder });
  try {
    const url = await listeningAt(server, logFile);
    await waitUntilReady(`${url}/-/ready`, '', [server.died]);
    const ask = (query: string): Promise<number[]> => instantQuery(url, query);
    return {
      url,
      ask,
      until: async (query, holds, signal) => {
        for (
          let values = await ask(query);
          !(values.length > 0 && values.every(holds));
          values = await ask(query)
        ) {
          if (signal.aborted) throw new Error(`${query} is still ${JSON.stringify(values)}`);
          await Promise.race([sleep(POLL_MS), server.died]);
        }
      },
      stop: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Prometheus takes a free port and logs which (exporter-toolkit, `web.Serve`). */
async function listeningAt(server: ManagedProcess, logFile: string): Promise<string> {
  for (;;) {
    const address = /msg="Listening on".* address=(\S+)/.exec(await readFile(logFile, 'utf8'))?.[1];
    if (address !== undefined) return `http://${address}`;
    await Promise.race([sleep(POLL_MS), server.died]);
  }
}

async function instantQuery(url: string, query: string): Promise<number[]> {
  const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`);
  const { status, error, data } = (await answer.json()) as {
    status: string;
    error?: string;
    data?: { result: readonly { value: readonly [number, string] }[] };
  };
  if (status !== 'success') throw new Error(`Prometheus refuses ${query}: ${error}`);
  return (data?.result ?? []).map(({ value: [, text] }) => Number(text));
}
