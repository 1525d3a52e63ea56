import { readFile } from 'node:fs/promises';
import type { PodWorker } from './pod-worker.ts';

/** Ticks of the CPU times in /proc in a second: `USER_HZ`, which is 100 on all platforms that Node.js runs on. */
const TICKS = 100;

/** What a process has used. */
interface Usage {
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

/**
 * The kubelet's `/metrics/cadvisor` as far as the lab knows it: CPU time, and resident memory for the working set, of the
 * process that a container runs, in Prometheus' text format.
 */
export async function resourceMetrics(pods: Iterable<PodWorker>): Promise<string> {
  const used: { labels: string; usage: Usage }[] = [];
  for (const { pod, processes } of pods) {
    const { namespace, name } = pod.metadata;
    for (const { container, pid } of processes) {
      const usage = await usageOf(pid);
      const labels = `namespace="${namespace}",pod="${name}",container="${container}"`;
      if (usage !== undefined) used.push({ labels, usage });
    }
  }
  return [
    '# TYPE container_cpu_usage_seconds_total counter',
    ...used.map(({ labels, usage }) => `container_cpu_usage_seconds_total{${labels}} ${usage.cpuSeconds}`),
    '# TYPE container_memory_working_set_bytes gauge',
    ...used.map(({ labels, usage }) => `container_memory_working_set_bytes{${labels}} ${usage.memoryBytes}`),
    '',
  ].join('\n');
}

/** Fields 14 and 15 of `stat` and `VmRSS` of `status` (proc(5)); undefined for a process that has ended. */
async function usageOf(pid: number): Promise<Usage | undefined> {
  try {
    const [stat, status] = await Promise.all(
      ['stat', 'status'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8')),
    );
    const fields = (stat ?? '').slice((stat ?? '').lastIndexOf(')') + 2).split(' ');
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status ?? '')?.[1];
    if (kibibytes === undefined) return undefined;
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
      memoryBytes: Number(kibibytes) * 1024,
    };
  } catch {
    return undefined;
  }
}
