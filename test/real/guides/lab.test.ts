import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { NEWEST } from '../../lab/control-plane/programs.ts';
import type { KubeObject } from '../../lab/kubernetes.ts';
import { type Environment, startEnvironment } from '../../lab/rollouts/environment.ts';
import { analysis, canary, pause, type Rollout, setWeight } from '../../lab/rollouts/objects.ts';
import { Workload } from '../../lab/rollouts/workload.ts';
import { SHOP } from '../../lab/shop/shop.ts';
import { commandsRunBy } from '../../support/shell-commands.ts';
import { blocksOf } from '../../unit/docs/markdown.ts';
import { definitionFiles } from '../shipped/custom-resources.ts';
import { startIngress } from './ingress.ts';
import { startWalk, type Walk } from './walk.ts';

/** What the lists of commands call this file. */
const SELF = 'test/real/guides/lab.test.ts';
const APP = join(import.meta.dirname, '../../../examples/openshift-gitops/workloads/canary-app/app');
/** A container that ends after a second, so that there is a run before. */
const ENDS_SOON = ['sh', '-c', 'echo "INFO a line"; sleep 1; echo "ERROR another"; exit 1'];
const ARGO = '/apis/argoproj.io/v1alpha1';
const OURS = '/apis/metric-ai.argoproj-labs.io/v1alpha1';
/** The longest that a Rollout may take to come to something: a pause of a minute and an analysis, on a busy machine. */
const UNTIL_MS = 240_000;
const say = (line: string): void => void process.stdout.write(`    ${line}\n`);

/** The commands of a page in turn, and what has to hold before or after some of them. */
type Checks = readonly (readonly [
  command: RegExp,
  precedes: () => Promise<void>,
  follows: () => Promise<void>,
])[];
const nothing = (): Promise<void> => Promise.resolve();

describe('the walks through guides and examples, on the lab', function () {
  this.timeout(300_000);
  let environment: Environment;
  const signal = new AbortController();

  before(async function () {
    this.timeout(1_800_000);
    environment = await startEnvironment(NEWEST, say, { withReviewer: false });
    const { lab } = environment;
    const service = SHOP.images['shop:v1'];
    for (const version of ['1.0.0', '1.1.0'])
      for (const name of ['api', 'workers'])
        lab.kubelet.images[`registry.example.com/ai-engine-${name}:${version}`] = service;
    // The image's entry point is node, and its command main.ts.
    const app = `cd '${APP}' && exec '${process.execPath}' "\${1:-main.ts}"`;
    lab.kubelet.images['registry.example.com/canary-app:0.1.0'] = ['sh', '-c', app, 'canary-app'];
    lab.kubelet.images['ends-soon'] = ENDS_SOON;
    const definitions = (await definitionFiles(say)).flatMap((file) => ['-f', file]);
    await lab.kubectl(['apply', '--server-side', ...definitions]);
  });
  after(async () => {
    signal.abort();
    await environment?.stop();
  });

  async function follow(walk: Walk, commands: readonly string[], checks: Checks = []): Promise<void> {
    expect(commands).not.to.be.empty;
    const met = new Set<RegExp>();
    for (const command of commands) {
      const fitting = checks.filter(([fits]) => fits.test(command));
      for (const [fits, precedes] of fitting) await precedes().then(() => met.add(fits));
      await walk.run(command);
      for (const [, , follows] of fitting) await follows();
      say(`ran: ${command}`);
    }
    expect(checks.filter(([fits]) => !met.has(fits)).map(([fits]) => `${fits}`)).to.deep.equal([]);
  }

  async function untilRollout(
    namespace: string,
    name: string,
    holds: (rollout: Rollout) => boolean,
  ): Promise<void> {
    const object = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: { namespace, name } };
    const limit = AbortSignal.timeout(UNTIL_MS);
    await environment.lab.waitFor(
      object,
      (seen) => {
        const { metadata, status } = seen as Rollout;
        return status?.observedGeneration === String(metadata.generation) && holds(seen as Rollout);
      },
      limit,
    );
  }

  async function remove(namespace: string, name: string): Promise<void> {
    await environment.lab.client.delete(`${ARGO}/namespaces/${namespace}/rollouts/${name}`);
  }

  it('progressive delivery: install, ship, promote, go back, retry', async () => {
    const page = 'examples/progressive-delivery/README.md';
    const until = (holds: (rollout: Rollout) => boolean) => untilRollout('ai-engine', 'ai-engine-api', holds);
    const isPausedAt = (index: number) => async (): Promise<void> =>
      await until(({ status }) => status?.phase === 'Paused' && status.currentStepIndex === index);
    await follow(await startWalk(environment.lab, 'progressive-delivery'), commandsRunBy(SELF, page), [
      [/ rollouts set image /, () => until(({ status }) => status?.phase === 'Healthy'), nothing],
      [/ rollouts promote /, isPausedAt(1), () => until(({ status }) => (status?.currentStepIndex ?? 0) > 1)],
      [/ rollouts abort /, nothing, () => until(({ status }) => status?.phase === 'Degraded')],
      [/ rollouts retry /, nothing, () => until(({ status }) => status?.abort !== true)],
    ]);
    for (const name of ['ai-engine-api', 'ai-engine-workers']) await remove('ai-engine', name);
  });

  it('metric-ai: install, ship another colour, and see it aborted for the errors of its visitors', async () => {
    const page = 'examples/metric-ai/README.md';
    const [namespace, name] = ['rollouts-demo', 'rollouts-demo'];
    const { lab } = environment;
    const ingress = await startIngress(lab.client, namespace, name);
    let stable: unknown;
    const healthy = async (): Promise<void> => {
      await untilRollout(namespace, name, ({ status }) => {
        stable = status?.stableRS;
        return status?.phase === 'Healthy';
      });
      // What the ingress controller would be.
      const target = `TARGET_URL=${ingress.url}`;
      await lab.kubectl(['set', 'env', 'deployment/traffic-generator', '-n', namespace, target]);
    };
    const aborted = async (): Promise<void> => {
      await untilRollout(namespace, name, ({ status }) => status?.phase === 'Degraded');
      expect((await lab.client.get(`${ARGO}/namespaces/${namespace}/rollouts/${name}`)).status).to.include({
        abort: true,
        stableRS: stable,
      });
      const runs = await lab.client.list(`${ARGO}/namespaces/${namespace}/analysisruns`);
      expect(runs.items.map(({ status }) => status?.['phase'])).to.deep.equal(['Failed']);
      const analyses = await lab.client.list(`${OURS}/namespaces/${namespace}/canaryanalyses`);
      expect(analyses.items.map(({ status }) => status?.['verdict'])).to.deep.equal(['Abort']);
      expect(JSON.stringify(analyses.items[0]?.status?.['findings'])).to.include('paint');
    };
    try {
      await follow(await startWalk(lab, 'metric-ai'), commandsRunBy(SELF, page), [
        [/ patch rollout /, healthy, nothing],
        [/ set env deployment\/traffic-generator .*ERRORS=yellow:100/, nothing, aborted],
      ]);
    } finally {
      await ingress.close();
    }
    await remove(namespace, name);
  });

  it('bundles: taken from a pod by kubectl, and judged beside another one by a policy', async () => {
    const page = 'docs/bundle.md';
    const { lab } = environment;
    const pod: KubeObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'default', name: 'shop-7d4b9' },
      spec: { containers: [{ name: 'app', image: 'ends-soon' }] },
    };
    await lab.apply(pod);
    await lab.waitFor(pod, ({ status }) => {
      const [app] = (status?.['containerStatuses'] ?? []) as { restartCount: number }[];
      return (app?.restartCount ?? 0) > 0;
    });
    const walk = await startWalk(lab, 'bundle');
    const policy = blocksOf(page).find(({ text }) => text.startsWith('# policy'))?.text ?? 'not: there';
    await writeFile(join(walk.root, 'policy.yaml'), policy);
    const other = async (): Promise<void> => void (await walk.run('cp -r bundle other-bundle'));
    await follow(walk, commandsRunBy(SELF, page), [[/ other-bundle /, other, nothing]]);
    await follow(
      walk,
      commandsRunBy(SELF, 'README.md').map((command) => command.replace('BUNDLE', 'bundle')),
    );
    await lab.client.delete('/api/v1/namespaces/default/pods/shop-7d4b9');
  });

  it('the command line: explains an analysis, collects a Rollout, and judges what it collected', async () => {
    const { lab } = environment;
    const workload = new Workload(lab, 'shop', signal.signal);
    await workload.createNamespace();
    await workload.template('check', { observation: { waitSeconds: 30 } });
    await workload.deploy(canary([setWeight(34), analysis('check'), pause()]));
    workload.sendTraffic();
    await workload.ship({ version: 'v2' });
    await workload.untilPhase('Paused');
    const [judged] = await workload.analyses();
    const commands = commandsRunBy(SELF, 'docs/command-line.md').map((command) =>
      command.replace(/ shop-7d4b9-\S+/, ` ${judged?.metadata.name}`).replace('rollout/shop', 'rollout/web'),
    );
    await follow(await startWalk(lab, 'command-line'), commands);
    await remove('shop', 'web');
  });

  it('development: one test file by itself', async () => {
    await follow(await startWalk(environment.lab, 'development'), commandsRunBy(SELF, 'docs/development.md'));
  });
});
