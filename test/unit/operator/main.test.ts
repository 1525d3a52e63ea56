import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { parse } from 'yaml';
import { type EmbeddedLab, startEmbeddedLab } from '../../lab/embedded-lab.ts';

const MAIN = join(import.meta.dirname, '../../../operator/main.ts');
const DEFINITION = join(import.meta.dirname, '../../../crds/metric-ai.argoproj-labs.io_canaryanalyses.yaml');

/** The operator as a process of its own. */
class OperatorProcess {
  readonly #child: ChildProcess;
  readonly lines: Record<string, unknown>[] = [];
  text = '';
  #waiting: { test: (line: Record<string, unknown>) => boolean; resolve: () => void }[] = [];
  readonly exit: Promise<number | null>;

  constructor(args: readonly string[]) {
    const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' };
    this.#child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.exit = new Promise((resolve) => void this.#child.once('close', resolve));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface(stream).on('line', (line) => this.#take(line));
    }
  }

  #take(line: string): void {
    this.text += `${line}\n`;
    if (!line.startsWith('{')) return;
    const entry = JSON.parse(line) as Record<string, unknown>;
    this.lines.push(entry);
    for (const { test, resolve } of this.#waiting) if (test(entry)) resolve();
  }

  line(message: string): Promise<void> {
    const test = (entry: Record<string, unknown>): boolean => entry['message'] === message;
    if (this.lines.some(test)) return Promise.resolve();
    return new Promise((resolve) => void this.#waiting.push({ test, resolve }));
  }

  async port(): Promise<unknown> {
    await this.line('operator started');
    return this.lines.find((entry) => entry['message'] === 'operator started')?.['healthPort'];
  }

  messages(): unknown[] {
    return this.lines.map((entry) => entry['message']);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

async function probe(port: unknown, path: string): Promise<[status: number, text: string]> {
  const response = await fetch(`http://127.0.0.1:${String(port)}${path}`);
  return [response.status, await response.text()];
}

/** The second replica is ready before it leads: it mirrors the cluster, so that it can go on at once. */
async function untilReady(port: unknown): Promise<void> {
  while ((await probe(port, '/readyz'))[0] !== 200) await new Promise((resolve) => setImmediate(resolve));
}

describe('the operator as a process', function () {
  this.timeout(30_000);

  it('prints its help and its version', async () => {
    const help = new OperatorProcess(['--help']);
    expect(await help.exit).to.equal(0);
    expect(help.text).to.include('--config FILE');
    const version = new OperatorProcess(['--version']);
    expect(await version.exit).to.equal(0);
    expect(version.text).to.match(/^canary-analysis operator \d+\.\d+\.\d+\n$/);
  });

  it('ends with 2 and one sentence when it is asked for what it does not know', async () => {
    const wrong = new OperatorProcess(['--confg', 'x']);
    expect(await wrong.exit).to.equal(2);
    expect(wrong.text).to.equal("canary-analysis operator: Unknown option '--confg'; see --help\n");
    const lost = new OperatorProcess([]);
    expect(await lost.exit).to.equal(2);
    expect(lost.text).to.include('no cluster is configured');
  });

  describe('on a cluster', () => {
    let lab: EmbeddedLab;
    before(async () => {
      lab = await startEmbeddedLab({ tls: false });
    });
    after(() => lab.stop());

    function started(...more: readonly string[]): OperatorProcess {
      const kubeconfig = lab.kubeconfigFor('operator');
      const ports = ['--health-port', '0', '--metrics-port', '0'];
      return new OperatorProcess(['--kubeconfig', kubeconfig, ...ports, ...more]);
    }

    it('waits for the CRD, says so, becomes ready with it and stops in order', async () => {
      const operator = started();
      const port = await operator.port();
      await operator.line('waiting for the resource type to be installed');
      expect(await probe(port, '/healthz')).to.deep.equal([200, 'ok']);
      const [status, text] = await probe(port, '/readyz');
      expect(status).to.equal(500);
      expect(text).to.include('the CustomResourceDefinition of CanaryAnalysis is not installed');
      await lab.apply(parse(readFileSync(DEFINITION, 'utf8')));
      await operator.line('controller started');
      expect(await probe(port, '/readyz')).to.deep.equal([200, 'ok']);
      operator.kill('SIGTERM');
      expect(await operator.exit).to.equal(0);
      expect(operator.messages().slice(-3)).to.deep.equal([
        'signal received, shutting down',
        'controller stopped',
        'operator stopped',
      ]);
    });

    it('runs as two replicas of which one acts, and hands over at once when that one is stopped', async () => {
      await lab.apply(parse(readFileSync(DEFINITION, 'utf8')));
      const first = started('--leader-elect');
      await first.line('controller started');
      const second = started('--leader-elect');
      await second.line('waiting to become leader');
      await untilReady(await second.port());
      expect(second.messages()).not.to.include('controller started');
      first.kill('SIGTERM');
      expect(await first.exit).to.equal(0);
      await second.line('controller started');
      second.kill('SIGTERM');
      expect(await second.exit).to.equal(0);
    });

    it('ends when another holds its lease, before it could act beside the other', async () => {
      await lab.apply(parse(readFileSync(DEFINITION, 'utf8')));
      const operator = started('--leader-elect');
      await operator.line('controller started');
      await lab.client.patch(
        '/apis/coordination.k8s.io/v1/namespaces/default/leases/canary-analysis-operator',
        {
          spec: { holderIdentity: 'somebody-else' },
        },
      );
      expect(await operator.exit).to.equal(1);
      expect(operator.messages()).to.include('leadership lost: this process ends, its successor goes on');
    });
  });
});
