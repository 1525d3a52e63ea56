import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { type EmbeddedLab, startEmbeddedLab } from '../../../lab/embedded-lab.ts';
import { PODS, pod } from '../objects.ts';

const MIB = 1024 * 1024;

/** The kubelet's certificate signs itself. */
async function pageOf(url: string): Promise<string> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { rejectUnauthorized: false, agent: false }, resolve).on('error', reject);
  });
  return await text(response);
}

describe("the kubelet's container metrics", () => {
  let lab: EmbeddedLab;
  before(async () => {
    lab = await startEmbeddedLab({ tls: false, images: { script: ['node', '-e'] } });
  });
  after(() => lab.stop());

  const sampleOf = async (metric: string, name: string): Promise<number> => {
    const page = await pageOf(`${lab.kubelet.url}/metrics/cadvisor`);
    const labels = `namespace="default",pod="${name}",container="main"`;
    const line = page.split('\n').find((one) => one.startsWith(`${metric}{${labels}} `));
    return Number(line?.split(' ').at(-1));
  };
  const until = async (sample: () => Promise<number>, holds: (value: number) => boolean): Promise<void> => {
    while (!holds(await sample())) await sleep(50);
  };

  it('say how much CPU time the process of a container has used, and go on counting', async () => {
    await lab.client.create(PODS, pod('busy', { image: 'script', args: ['for (;;);'] }));
    const used = (): Promise<number> => sampleOf('container_cpu_usage_seconds_total', 'busy');
    await until(used, (seconds) => seconds > 0);
    const before = await used();
    await until(used, (seconds) => seconds > before + 0.2);
    await lab.client.delete(`${PODS}/busy`);
  });

  it('say how much memory it has now', async () => {
    const args = ['globalThis.kept = Buffer.alloc(200 * 1024 * 1024, 1); setInterval(() => {}, 1000)'];
    await lab.client.create(PODS, pod('big', { image: 'script', args }));
    await lab.client.create(PODS, pod('small', { image: 'script', args: ['setInterval(() => {}, 1000)'] }));
    const [big, small] = ['big', 'small'].map(
      (name) => () => sampleOf('container_memory_working_set_bytes', name),
    );
    if (big === undefined || small === undefined) throw new Error('two pods');
    await until(big, (bytes) => bytes > 200 * MIB);
    await until(small, (bytes) => bytes > 10 * MIB);
    expect(await small()).to.be.lessThan(150 * MIB);
  });

  it('say nothing of a container that does not run', async () => {
    await lab.client.create(PODS, pod('absent', { image: 'not-there' }));
    expect(await sampleOf('container_cpu_usage_seconds_total', 'absent')).to.be.NaN;
  });
});
