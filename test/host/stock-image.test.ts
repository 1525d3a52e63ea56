import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { assembleFolder } from '../../plugin/image/folder.ts';
import { buildPluginBundle } from '../lab/bundles.ts';
import { type EmbeddedLab, startEmbeddedLab } from '../lab/embedded-lab.ts';
import { registeredCommand } from '../lab/installed-plugin.ts';
import { wayIntoRoot } from '../support/image-root.ts';
import { run } from '../support/run.ts';
import { type HostReport, requireHost } from './host.ts';
import { expectServed } from './served.ts';

const root = join(import.meta.dirname, '../..');
const ANALYSES = '/apis/metric-ai.argoproj-labs.io/v1alpha1/namespaces/shop/canaryanalyses';
const SERVICE_ACCOUNT = 'var/run/secrets/kubernetes.io/serviceaccount';

describe("the plugin's folder in a root like that of Argo Rollouts' image, as uid 999", () => {
  const way = wayIntoRoot();
  let lab: EmbeddedLab;
  let image: string | undefined;

  before(async function () {
    this.timeout('30m');
    if (way === undefined) {
      process.stdout.write('    skipped: there are neither root nor user namespaces, which chroot needs\n');
      this.skip();
    }
    const host = await requireHost(this);
    const bundle = await buildPluginBundle();
    image = await mkdtemp(join(tmpdir(), 'stock-image-'));
    await chmod(image, 0o755);
    await assembleFolder({ output: join(image, 'metric-ai'), node: process.execPath, bundle });
    await copyFile(host, join(image, 'host'));
    await mkdir(join(image, 'tmp'));
    await chmod(join(image, 'tmp'), 0o1777);
    lab = await startEmbeddedLab();
    await lab.apply(
      parse(await readFile(join(root, 'crds/metric-ai.argoproj-labs.io_canaryanalyses.yaml'), 'utf8')),
    );
    await lab.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    await mkdir(join(image, SERVICE_ACCOUNT), { recursive: true });
    await writeFile(join(image, SERVICE_ACCOUNT, 'token'), lab.tokenFor('argo-rollouts'));
    await writeFile(join(image, SERVICE_ACCOUNT, 'ca.crt'), lab.server.ca ?? '');
    await writeFile(join(image, SERVICE_ACCOUNT, 'namespace'), 'argo-rollouts');
  });
  after(async () => {
    await lab?.stop();
    if (image !== undefined) await rm(image, { recursive: true });
  });

  const inside = (
    command: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<string> => {
    const [program = '', ...args] = way?.command ?? [];
    const { hostname, port } = new URL(lab.url);
    const cluster = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    const { PATH = '' } = process.env;
    return run(program, [...args, image ?? '', ...command], { env: { PATH, ...cluster, ...env } });
  };

  /** Every call once, under the Go host, for an AnalysisRun of that name. */
  async function session(name: string, plugin: readonly string[], env = {}): Promise<HostReport> {
    const analysisRun = JSON.parse(await readFile(join(import.meta.dirname, 'analysis-run.json'), 'utf8'));
    Object.assign(analysisRun.metadata, { name, uid: `uid-of-${name}` });
    analysisRun.spec.metrics[0].provider.plugin = { 'argoproj-labs/metric-ai': {} };
    await writeFile(join(image ?? '', 'tmp', 'analysis-run.json'), JSON.stringify(analysisRun));
    const flags = ['-analysis-run', '/tmp/analysis-run.json', '--'];
    return JSON.parse(await inside(['/host', ...flags, ...plugin], env)) as HostReport;
  }

  async function expectServedHere(report: HostReport): Promise<void> {
    expectServed(report);
    const analyses = (await lab.client.list(ANALYSES)).items as unknown as CanaryAnalysis[];
    expect(analyses.map((analysis) => analysis.metadata.uid)).to.include(report.run?.metadata?.['uid']);
    const left = await readdir(join(image ?? '', 'tmp'));
    expect(left.filter((file) => !['analysis-run.json', 'metric-ai'].includes(file))).to.deep.equal([]);
  }

  it('finds nothing else there, read-only but for /tmp', async function () {
    if (way?.isReadOnly !== true) {
      process.stdout.write('      skipped: no mount namespaces, which a read-only root needs\n');
      this.skip();
    }
    const code = `
      const fs = require('node:fs');
      const attempt = (file) => { try { fs.writeFileSync(file, ''); fs.rmSync(file); return 'written'; } catch (error) { return error.code; } };
      console.log(JSON.stringify({ uid: process.getuid(), gid: process.getgid(), root: fs.readdirSync('/').sort(),
        tmp: attempt('/tmp/x'), other: ['/x', '/metric-ai/x', '/metric-ai/lib/x', '/var/x'].map(attempt) }));`;
    const { other, ...seen } = JSON.parse(
      await inside([
        '/metric-ai/lib/ld.so',
        '--library-path',
        '/metric-ai/lib',
        '/metric-ai/node',
        '-e',
        code,
      ]),
    );
    expect(seen).to.deep.equal({
      uid: 999,
      gid: 999,
      root: ['host', 'metric-ai', 'tmp', 'var'],
      tmp: 'written',
    });
    for (const answer of other) expect(answer).to.equal('EROFS');
  });

  it('is served through the location and args that the kustomize component registers', async function () {
    this.timeout('60s');
    await expectServedHere(await session('by-args', await registeredCommand()));
  });

  it('is served through the one executable, copied elsewhere, without arguments and environment', async function () {
    this.timeout('60s');
    const copy = join(image ?? '', 'tmp', 'metric-ai');
    await copyFile(join(image ?? '', 'metric-ai', 'metric-ai'), copy);
    await expectServedHere(await session('by-location', ['/tmp/metric-ai']));
  });

  it('takes bounds for its memory from the environment where it gets no arguments', async function () {
    this.timeout('60s');
    const copy = join(image ?? '', 'tmp', 'metric-ai');
    await copyFile(join(image ?? '', 'metric-ai', 'metric-ai'), copy);
    const env = { NODE_OPTIONS: '--max-old-space-size=96 --max-semi-space-size=2' };
    await expectServedHere(await session('by-location-bounded', ['/tmp/metric-ai'], env));
  });
});
