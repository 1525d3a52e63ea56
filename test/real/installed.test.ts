import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { FIELD_MANAGER } from '../../kustomize/bundles.ts';
import { type ManagedProcess, startProcess } from '../lab/control-plane/managed-process.ts';
import { type RolloutsMinor, rolloutsController } from '../lab/control-plane/programs.ts';
import { waitUntilReady } from '../lab/control-plane/readiness.ts';
import { freePort } from '../lab/free-port.ts';
import { type RealLab, startRealLab } from '../lab/real-lab.ts';
import { chosenMinors } from '../lab/rollouts/minors.ts';
import { analysis, canary, measurementsOf, setWeight } from '../lab/rollouts/objects.ts';
import { Workload } from '../lab/rollouts/workload.ts';
import { SHOP } from '../lab/shop/shop.ts';
import { wayIntoRoot } from '../support/image-root.ts';
import { commandsRunBy } from '../support/shell-commands.ts';
import { fillController, fillOperator, makeRoots, type Roots } from './installed/roots.ts';
import { runCommand } from './installed/shell.ts';
import { rolloutsInstall } from './shipped/custom-resources.ts';

/** What the lists of commands call this file. */
const SELF = 'test/real/installed.test.ts';
const OPERATOR = { namespace: 'canary-analysis', name: 'canary-analysis-operator' };
const CONTROLLER = { namespace: 'argo-rollouts', name: 'argo-rollouts' };
const say = (line: string): void => void process.stdout.write(`    ${line}\n`);

for (const minor of chosenMinors(process.env))
  describe(`the bundle \`cluster\`, installed as the guide says beside Argo Rollouts ${minor}`, () =>
    installedBeside(minor));

/** The lab's kubelet has processes, no file systems: a root is a folder, and the controller runs beside the pod that it is described by. */
function installedBeside(minor: RolloutsMinor): void {
  const way = wayIntoRoot();
  const images: Record<string, readonly string[]> = { ...SHOP.images };
  let lab: RealLab;
  let roots: Roots;
  let folder: string;
  let controller: ManagedProcess | undefined;

  before(async function () {
    this.timeout(1_800_000);
    if (way === undefined) {
      say('skipped: there are neither root nor user namespaces, which chroot needs');
      this.skip();
    }
    lab = await startRealLab({
      rollouts: minor,
      images,
      progress: say,
      backoff: { baseMs: 500, maxMs: 2_000 },
    });
    folder = await mkdtemp(join(tmpdir(), 'installed-'));
    roots = await makeRoots(folder);
    await lab.kubectl(['create', 'namespace', CONTROLLER.namespace]);
    const install = await rolloutsInstall(say, minor);
    await lab.kubectl(['apply', '--server-side', '-n', CONTROLLER.namespace, '-f', install]);
  });

  after(async () => {
    await controller?.stop();
    await lab?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const kubectlJson = async (...args: string[]) => JSON.parse(await lab.kubectl([...args, '-o', 'json']));

  it('joins a stock Argo Rollouts, and takes nothing from it', async () => {
    const before = await kubectlJson('get', 'deployment', 'argo-rollouts', '-n', CONTROLLER.namespace);
    const [command] = commandsRunBy(SELF, 'docs/installation.md');
    expect(command).to.contain('manifests/cluster.yaml').and.to.contain(`--field-manager=${FIELD_MANAGER}`);
    await runCommand(lab, command ?? 'false');
    const after = await kubectlJson('get', 'deployment', 'argo-rollouts', '-n', CONTROLLER.namespace);
    const [stock, joined] = [before, after].map(({ spec }) => spec.template.spec.containers[0]);
    const { volumeMounts, ...rest } = joined;
    expect({ ...rest, volumeMounts: stock.volumeMounts }).to.deep.equal(stock);
    expect(volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath)).to.include.members([
      ...stock.volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath),
      '/metric-ai',
    ]);
  });

  it('is refused by an Argo Rollouts that lists other plugins: nobody loses a plugin', async () => {
    const other = { data: { metricProviderPlugins: '- name: acme/other' } };
    const name = ['configmap', 'argo-rollouts-config', '-n', CONTROLLER.namespace];
    await lab.kubectl([
      'patch',
      ...name,
      '--type=merge',
      '--field-manager=acme',
      '-p',
      JSON.stringify(other),
    ]);
    const [command = ''] = commandsRunBy(SELF, 'docs/installation.md');
    const refused = await runCommand(lab, command).then(
      () => '',
      (error: Error & { stderr?: string }) => error.stderr ?? '',
    );
    expect(refused).to.contain('conflict with "acme"').and.to.contain('.data.metricProviderPlugins');
    await lab.kubectl([
      'patch',
      ...name,
      '--type=json',
      '-p',
      '[{"op":"remove","path":"/data/metricProviderPlugins"}]',
    ]);
    await runCommand(lab, command);
  });

  it('fills the volume by the command of the init container, as another user', async function () {
    this.timeout(120_000);
    const { spec } = await kubectlJson('get', 'deployment', 'argo-rollouts', '-n', CONTROLLER.namespace);
    const [init] = spec.template.spec.initContainers;
    const [program = '', ...args] = way?.command ?? [];
    await promisify(execFile)(program, [...args, roots.plugin, ...init.command], {
      env: { ...process.env, WRITABLE: 'target' },
    });
  });

  it('starts the operator from its Deployment, two replicas of which one leads', async function () {
    this.timeout(300_000);
    const { items } = await kubectlJson('get', 'configmap', '-n', OPERATOR.namespace);
    const config = items.find(({ metadata }: { metadata: { name: string } }) =>
      metadata.name.startsWith('canary-analysis-config'),
    );
    await fillOperator(roots, lab, OPERATOR, config.data['config.yaml']);
    const { hostname, port } = new URL(lab.url);
    const runtime = ['/runtime/lib/ld.so', '--library-path', '/runtime/lib', '/runtime/node'];
    // Pods share the machine's ports here, so the kubelet says which are theirs.
    const script = `KUBERNETES_SERVICE_HOST=${hostname} KUBERNETES_SERVICE_PORT=${port} exec ${[...(way?.command ?? []), roots.operator, ...runtime].map(quoted).join(' ')} /app/operator.mjs "$@" --health-port=$PORT_HEALTH --metrics-port=$PORT_METRICS`;
    images['canary-analysis-operator:0.1.0'] = ['sh', '-c', script, 'operator'];
    const [, ...commands] = commandsRunBy(SELF, 'docs/installation.md');
    const status = commands.find((text) => text.startsWith('kubectl rollout status')) ?? 'false';
    await runCommand(lab, status);
    const lease = commands.find((text) => text.includes('get lease')) ?? 'false';
    expect(await runCommand(lab, lease)).to.match(/canary-analysis-operator-/);
  });

  it('starts the stock controller, which takes the plugin from the volume', async function () {
    this.timeout(120_000);
    const { file } = await rolloutsController(minor, say);
    await fillController(roots, lab, CONTROLLER, file);
    const { hostname, port } = new URL(lab.url);
    const taken = new Set<number>();
    const [metrics, health] = [await freePort(taken), await freePort(taken)];
    const [program = '', ...args] = way?.command ?? [];
    controller = await startProcess(
      'rollouts-controller in its root',
      { file: program, args: [...args, roots.controller, '/rollouts-controller'] },
      [`--metricsport=${metrics}`, `--healthzPort=${health}`],
      {
        logFile: join(folder, 'controller.log'),
        cwd: '/',
        env: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port, WRITABLE: 'plugin-bin' },
      },
    );
    await waitUntilReady(`http://127.0.0.1:${health}/healthz`, '', [controller.died]);
  });

  it('promotes a fit canary and aborts one that answers 500s', async function () {
    this.timeout(480_000);
    const workloads: Workload[] = [];
    try {
      const [good, bad] = await Promise.all(
        ['good', 'bad'].map(async (name) => {
          const workload = new Workload(lab, `scenario-${name}`, AbortSignal.timeout(450_000));
          await workload.createNamespace();
          workloads.push(workload);
          await workload.template('check', { observation: { waitSeconds: 40 } });
          await workload.deploy(canary([setWeight(34), analysis('check')]));
          workload.sendTraffic();
          await workload.ship(name === 'good' ? { version: 'v2' } : { version: 'v2', fault: 'orders' });
          await workload.untilPhase(name === 'good' ? 'Healthy' : 'Degraded');
          return await workload.outcome();
        }),
      );
      expect(good?.analysis.status).to.include({ verdict: 'Promote', assessment: 'Clean' });
      expect(bad?.analysis.status).to.include({ verdict: 'Abort', assessment: 'Regressed' });
      for (const told of [good, bad]) {
        if (told === undefined) throw new Error('no outcome');
        expect(measurementsOf(told.run)[0]?.message).to.equal(told.analysis.status?.message);
      }
    } catch (error) {
      say((await readFile(join(folder, 'controller.log'), 'utf8')).split('\n').slice(-30).join('\n    '));
      throw error;
    } finally {
      await Promise.all(workloads.map((workload) => workload.close()));
    }
  });

  it('answers to the other commands of the guides', async function () {
    this.timeout(600_000);
    const skip = new Set(['kubectl apply --server-side']);
    // Where the agent of the examples looks at rollouts.
    await lab.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'rollouts-demo' } });
    for (const command of commandsRunBy(SELF)) {
      if ([...skip].some((start) => command.startsWith(start))) continue;
      await runCommand(lab, command);
      say(`ran: ${command}`);
    }
  });

  it('is taken out again: Argo Rollouts stays, without the plugin; the definition stays, and verdicts with it', async function () {
    this.timeout(240_000);
    await runCommand(lab, `KUBECTL=kubectl node kustomize/install.ts uninstall`);
    const { spec } = await kubectlJson('get', 'deployment', 'argo-rollouts', '-n', CONTROLLER.namespace);
    expect(spec.template.spec.initContainers ?? []).to.deep.equal([]);
    expect(JSON.stringify(spec)).not.to.contain('metric-ai');
    const config = await kubectlJson('get', 'configmap', 'argo-rollouts-config', '-n', CONTROLLER.namespace);
    expect(config.data ?? {}).to.deep.equal({});
    const definition = ['crd/canaryanalyses.metric-ai.argoproj-labs.io', '-o', 'name'];
    expect(await lab.kubectl(['get', ...definition])).to.contain('canaryanalyses');
    const roles = await lab.kubectl(['get', 'clusterroles,clusterrolebindings', '-o', 'name']);
    for (const name of ['operator', 'plugin', 'view'])
      expect(roles).not.to.contain(`canary-analysis-${name}\n`);
  });
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
