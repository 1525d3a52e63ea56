import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Progress } from '../control-plane/go-build.ts';
import { type Endings, endAll } from '../endings.ts';
import type { RealLab } from '../real-lab.ts';
import { type Monitor, startMonitoring } from './monitoring.ts';
import { type PrometheusServer, startServer } from './server.ts';

/** Between two scrapes of a target, in seconds. */
export const SCRAPE_SECONDS = 1;

/** A real Prometheus that scrapes one namespace of a lab. */
export interface LabPrometheus extends PrometheusServer {
  /** `WEB/SERVICE/PATH` is a page of one of the Service's pods, for what would call the Service. */
  readonly web: string;
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
  const folder = await mkdtemp(join(lab.directory, `prometheus-${namespace}-`));
  const targetsFile = join(folder, 'targets.json');
  const ends: Endings = [];
  const stop = (): Promise<void> => endAll(ends);
  try {
    const monitoring = await startMonitoring(lab.client, { namespace, monitor, targetsFile });
    ends.push(() => monitoring.close());
    const scraped = { path: monitor.path, targetsFile, kubelet: lab.kubelet.url, pages: monitoring.url };
    const server = await startServer(folder, configuration(scraped), progress);
    ends.push(() => server.stop());
    return {
      ...server,
      web: `${monitoring.url}/to`,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Prometheus' configuration. */
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
