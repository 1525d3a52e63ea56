import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { moduleFolder, type Progress } from '../../lab/control-plane/go-build.ts';
import { NEWEST, type RolloutsMinor, rolloutsModule } from '../../lab/control-plane/programs.ts';
import { ROOT } from './files.ts';

const MODULE = join(ROOT, 'test/lab/control-plane/modules/custom-resources');

/** Where the definitions are in each module of {@link MODULE}'s go.mod. */
const DEFINITIONS: Readonly<Record<string, readonly string[]>> = {
  'github.com/prometheus-operator/prometheus-operator': [
    'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
    'example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml',
    'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
  ],
  'istio.io/api': ['kubernetes/customresourcedefinitions.gen.yaml'],
  'github.com/argoproj/argo-cd/v2': [
    'manifests/crds/application-crd.yaml',
    'manifests/crds/applicationset-crd.yaml',
    'manifests/crds/appproject-crd.yaml',
  ],
  'github.com/fluxcd/flagger': ['artifacts/flagger/crd.yaml'],
  'github.com/openshift/api': ['route/v1/zz_generated.crd-manifests/routes.crd.yaml'],
  'github.com/operator-framework/api': [
    'crds/operators.coreos.com_operatorgroups.yaml',
    'crds/operators.coreos.com_subscriptions.yaml',
  ],
};

/** Files that define the custom resources which what we ship makes use of: from pinned Go modules, and some written down. */
export async function definitionFiles(progress: Progress): Promise<string[]> {
  const goMod = await readFile(join(MODULE, 'go.mod'), 'utf8');
  const files = [
    join(ROOT, 'crds/metric-ai.argoproj-labs.io_canaryanalyses.yaml'),
    join(ROOT, 'test/fixtures/crds/rollout-manager.yaml'),
    join(ROOT, 'test/fixtures/crds/istio-operator.yaml'),
  ];
  for (const [path, names] of Object.entries(DEFINITIONS)) {
    const version = new RegExp(`^\\s*${path.replaceAll('.', '\\.')} (v\\S+)$`, 'm').exec(goMod)?.[1];
    if (version === undefined) throw new Error(`${MODULE}/go.mod does not require ${path}`);
    const folder = await moduleFolder(MODULE, `${path}@${version}`, progress);
    files.push(...names.map((name) => join(folder, name)));
  }
  return files;
}

/** The manifest that installs a stock Argo Rollouts, the newest unless a minor is named: what is shipped joins it. */
export async function rolloutsInstall(progress: Progress, minor: RolloutsMinor = NEWEST): Promise<string> {
  return join(await rolloutsModule(minor, progress), 'manifests/install.yaml');
}
