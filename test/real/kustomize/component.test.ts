import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parse as parseYaml } from 'yaml';
import packageJson from '../../../package.json' with { type: 'json' };
import {
  NEWEST,
  ROLLOUTS_RELEASES,
  type RolloutsMinor,
  rolloutsModule,
} from '../../lab/control-plane/programs.ts';
import { failureOf } from '../../support/promises.ts';
import {
  containersOf,
  find,
  type Kustomizing,
  type Manifest,
  PLUGIN,
  podOf,
  startKustomizing,
} from './kustomizing.ts';

const say = (line: string): void => void process.stdout.write(`    ${line}\n`);
const INSTALLED = join(PLUGIN, 'controller');

describe('the component argo-rollouts-plugin over the stock manifests of Argo Rollouts', () => {
  let lab: Kustomizing;
  /** The installation of the newest minor. */
  let newest: string;

  before(async function () {
    this.timeout(1_800_000);
    lab = await startKustomizing();
    newest = await stock(NEWEST);
  });
  after(() => lab?.stop());

  const stock = async (minor: RolloutsMinor): Promise<string> =>
    join(await rolloutsModule(minor, say), 'manifests/cluster-install');
  const over =
    (installation: string, component?: string) =>
    (to: (path: string) => string): string =>
      JSON.stringify({
        namespace: 'argo-rollouts',
        resources: [to(installation)],
        ...(component === undefined ? {} : { components: [to(component)] }),
      });
  const patchOf = (data: Readonly<Record<string, string>>) => {
    const configMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'argo-rollouts-config' },
      data,
    };
    return JSON.stringify(configMap);
  };
  /** A kustomization of an installation that has settings of its own, as a resource for another one. */
  async function installationWith(data: Readonly<Record<string, string>>): Promise<string> {
    const path = await mkdtemp(join(lab.folder, 'installed-'));
    const patches = JSON.stringify([{ patch: patchOf(data) }]);
    const resources = JSON.stringify([relative(path, newest)]);
    await writeFile(join(path, 'kustomization.yaml'), `resources: ${resources}\npatches: ${patches}\n`);
    return path;
  }

  for (const minor of Object.keys(ROLLOUTS_RELEASES) as RolloutsMinor[]) {
    it(`adds the plugin's files, its entry and its rights to ${minor}, and changes nothing else`, async () => {
      const installation = await stock(minor);
      const plain = byName(await lab.renderUser(`plain-${minor}`, over(installation)));
      const patched = byName(await lab.renderUser(`patched-${minor}`, over(installation, PLUGIN)));

      const binding = 'ClusterRoleBinding canary-analysis-plugin';
      expect(patched[binding]).to.deep.equal(await readYaml('controller/role-binding.yaml'));
      const entry = await readYaml('config-map.yaml');
      const { template } = (await readYaml('controller/deployment.yaml')).spec;
      const [init] = template.spec.initContainers;
      const deployment = plain['Deployment argo-rollouts']?.spec?.template?.spec;
      const controller = deployment?.containers[0];
      const changed = {
        [binding]: patched[binding],
        'ConfigMap argo-rollouts-config': {
          ...plain['ConfigMap argo-rollouts-config'],
          data: entry.data,
        },
        'Deployment argo-rollouts': withPod(plain['Deployment argo-rollouts'], {
          ...deployment,
          initContainers: [{ ...init, image: `canary-analysis-plugin:${packageJson.version}` }],
          containers: [
            {
              ...controller,
              volumeMounts: [
                { name: 'metric-ai', mountPath: '/metric-ai', readOnly: true },
                ...(controller?.volumeMounts ?? []),
              ],
            },
          ],
          volumes: [
            { name: 'metric-ai', emptyDir: { sizeLimit: '300Mi' } },
            ...((deployment as { volumes?: readonly object[] } | undefined)?.volumes ?? []),
          ],
        }),
      };
      expect(patched).to.deep.equal({ ...plain, ...changed });
    });
  }

  it('registers the loader with the arguments that start the plugin', async () => {
    const { data } = find(
      await lab.renderUser('entry', over(newest, PLUGIN)),
      'ConfigMap',
      'argo-rollouts-config',
    );
    const [entry, ...more] = parseYaml(data?.['metricProviderPlugins'] ?? '') as Record<string, unknown>[];
    expect(more).to.deep.equal([]);
    expect(entry).to.deep.equal({
      name: 'argoproj-labs/metric-ai',
      location: 'file:///metric-ai/lib/ld.so',
      args: [
        '--library-path',
        '/metric-ai/lib',
        '/metric-ai/node',
        '--max-old-space-size=96',
        '--max-semi-space-size=2',
        '--optimize-for-size',
        '/metric-ai/plugin.mjs',
      ],
    });
  });

  it('makes a pod that a restricted namespace admits', async () => {
    await lab.plane.kubectl(['create', 'namespace', 'argo-rollouts']);
    const restricted = 'pod-security.kubernetes.io/enforce=restricted';
    await lab.plane.kubectl(['label', 'namespace', 'argo-rollouts', restricted]);
    const patched = await lab.renderUser('admitted', over(newest, PLUGIN));
    const pod = podOf(find(patched, 'Deployment', 'argo-rollouts'));
    const created = await lab.plane.kubectl(['create', '--dry-run=server', '-f', '-'], pod);
    expect(created).to.contain('pod/trial created');
  });

  it('copies the folder with modes that let another user start it', async () => {
    const patched = await lab.renderUser('copy', over(newest, PLUGIN));
    const [init] = containersOf(find(patched, 'Deployment', 'argo-rollouts'));
    const command = init?.command ?? [];
    const flag = command.indexOf('-e');
    expect(command.slice(0, flag)).to.deep.equal([
      '/metric-ai/lib/ld.so',
      '--library-path',
      '/metric-ai/lib',
      '/metric-ai/node',
    ]);
    const from = join(lab.folder, 'image');
    const to = join(lab.folder, 'volume');
    await mkdir(join(from, 'lib'), { recursive: true });
    await mkdir(to);
    await writeFile(join(from, 'lib', 'ld.so'), 'loader', { mode: 0o755 });
    await writeFile(join(from, 'plugin.mjs'), 'plugin', { mode: 0o644 });
    const script = (command[flag + 1] ?? '').replace('/metric-ai', from).replace('/target', to);
    await promisify(execFile)(process.execPath, ['-e', script]);
    const mode = async (path: string) => (await stat(join(to, path))).mode & 0o777;
    expect(await mode('lib/ld.so')).to.equal(0o755);
    expect(await mode('plugin.mjs')).to.equal(0o644);
    expect(await readFile(join(to, 'plugin.mjs'), 'utf8')).to.equal('plugin');
  });

  it('keeps the other settings of argo-rollouts-config', async () => {
    const installed = await installationWith({ stepPlugins: '[]' });
    const patched = await lab.renderUser('others', over(installed, PLUGIN));
    const { data } = find(patched, 'ConfigMap', 'argo-rollouts-config');
    expect(data).to.have.all.keys('metricProviderPlugins', 'stepPlugins');
  });

  it('refuses to replace a list of plugins that is there already', async () => {
    const installed = await installationWith({ metricProviderPlugins: '- name: acme/other' });
    const refused = await failureOf(lab.renderUser('listed', over(installed, PLUGIN)));
    expect(refused.message).to.contain('testing value /data/metricProviderPlugins failed');
  });

  it('goes beside such a list without its entry', async () => {
    const list = '- name: acme/other\n- name: argoproj-labs/metric-ai';
    const installed = await installationWith({ metricProviderPlugins: list });
    const patched = await lab.renderUser('beside', over(installed, INSTALLED));
    expect(find(patched, 'ConfigMap', 'argo-rollouts-config').data).to.deep.equal({
      metricProviderPlugins: list,
    });
    expect(containersOf(find(patched, 'Deployment', 'argo-rollouts'))[0]?.name).to.equal('metric-ai');
  });
});

function byName(manifests: readonly Manifest[]): Record<string, Manifest> {
  return Object.fromEntries(manifests.map((object) => [`${object.kind} ${object.metadata.name}`, object]));
}

function withPod(deployment: Manifest | undefined, spec: object): object {
  const outer = deployment?.spec;
  return { ...deployment, spec: { ...outer, template: { ...outer?.template, spec } } };
}

async function readYaml(file: string) {
  return parseYaml(await readFile(join(PLUGIN, file), 'utf8'));
}
