import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../control-plane/go-build.ts';
import { type ManagedProcess, startProcess } from '../control-plane/managed-process.ts';
import { prometheusServer } from '../control-plane/programs.ts';
import { waitUntilReady } from '../control-plane/readiness.ts';
import { type Endings, endAll } from '../endings.ts';
import type { RealLab } from '../real-lab.ts';
import { type Monitor, startMonitoring } from './monitoring.ts';

const POLL_MS = 200;
/** Between two scrapes of a target, in seconds. */
export const SCRAPE_SECONDS = 1;

/** A real Prometheus that scrapes one namespace of a lab. */
export interface LabPrometheus {
  readonly url: string;
  /** `WEB/SERVICE/PATH` is a page of one of the Service's pods, for what would call the Service. */
  readonly web: string;
  /** The samples of an instant query. */
  ask(query: string): Promise<number[]>;
  /** Returns once an instant query has samples, all of which `holds` takes. */
  until(query: string, holds: (value: number) => boolean, signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts Prometheus for a namespace. It scrapes the pods behind the Services that `monitor` selects, the kubelet's container
 * metrics, and the limits of pods under the names of kube-state-metrics.
 */
export async function startPrometheus(
  lab: RealLab,
  {
    namespace,
    monitor,
    progress = () => undefined,
  }: { namespace: string; monitor: Monitor; progress?: Progress },
): Promise<LabPrometheus> {
  const command = await prometheusServer(progress);
  const folder = await mkdtemp(join(lab.directory, `prometheus-${namespace}-`));
  const [config, targetsFile, logFile] = ['config.yaml', 'targets.json', 'log'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const ends: Endings = [];
  const stop = (): Promise<void> => endAll(ends);
  try {
    const monitoring = await startMonitoring(lab.client, { namespace, monitor, targetsFile });
    ends.push(() => monitoring.close());
    const scraped = { path: monitor.path, targetsFile, kubelet: lab.kubelet.url, pages: monitoring.url };
    await writeFile(config, JSON.stringify(configuration(scraped)));
    const server = await startProcess(
      'prometheus',
      command,
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        '--web.listen-address=127.0.0.1:0',
        // How soon a target that was discovered is scraped.
        '--scrape.discovery-reload-interval=100ms',
      ],
      { logFile, cwd: folder },
    );
    ends.push(() => server.stop());
    const url = await listeningAt(server, logFile);
    await waitUntilReady(`${url}/-/ready`, '', [server.died]);
    const ask = (query: string): Promise<number[]> => instantQuery(url, query);
    return {
      url,
      web: `${monitoring.url}/to`,
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
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Prometheus' configuration file; its YAML takes JSON. */
function configuration(scraped: {
  path: string;
  targetsFile: string;
  kubelet: string;
  pages: string;
}): object {
  const { protocol, host } = new URL(scraped.kubelet);
  const interval = `${SCRAPE_SECONDS}s`;
  return {
    global: { scrape_interval: interval, scrape_timeout: interval },
    scrape_configs: [
      {
        job_name: 'services',
        metrics_path: scraped.path,
        file_sd_configs: [{ files: [scraped.targetsFile] }],
      },
      {
        job_name: 'kubelet',
        scheme: protocol.slice(0, -1),
        tls_config: { insecure_skip_verify: true },
        metrics_path: '/metrics/cadvisor',
        honor_labels: true,
        static_configs: [{ targets: [host] }],
      },
      {
        job_name: 'kube-state-metrics',
        metrics_path: '/limits',
        honor_labels: true,
        static_configs: [{ targets: [new URL(scraped.pages).host] }],
      },
    ],
  };
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
