import { join } from 'node:path';
import { expect } from 'chai';
import { NEWEST } from '../../lab/control-plane/programs.ts';
import type { KubeObject } from '../../lab/kubernetes.ts';
import { type RealLab, startRealLab } from '../../lab/real-lab.ts';
import { type RolloutsController, startRolloutsController } from '../../lab/rollouts/controller.ts';
import { commandsRunBy } from '../../support/shell-commands.ts';
import { definitionFiles } from '../shipped/custom-resources.ts';
import { makeFork, startWalk, type Walk } from './walk.ts';

/** What the lists of commands call this file. */
const SELF = 'test/real/guides/openshift.test.ts';
const APP = join(import.meta.dirname, '../../../examples/openshift-gitops/workloads/canary-app/app/main.ts');
/** What the plugin would make of a measurement: there is none here. */
const ANALYSIS: KubeObject = {
  apiVersion: 'metric-ai.argoproj-labs.io/v1alpha1',
  kind: 'CanaryAnalysis',
  metadata: { namespace: 'canary', name: 'rollouts-demo-ai-analysis-1' },
  spec: { rollout: { name: 'rollouts-demo' } },
};
const say = (line: string): void => void process.stdout.write(`    ${line}\n`);

/** What OpenShift's operators bring is not here: Argo CD's part, to apply what was pushed, is this test's. */
describe('the walk through the OpenShift example, as far as it needs no OpenShift', function () {
  this.timeout(300_000);
  let lab: RealLab;
  let controller: RolloutsController;
  let walk: Walk;
  let origin: string;

  before(async function () {
    this.timeout(1_800_000);
    const images = { 'registry.example.com/you/canary-app:0.1.0': ['node', APP] };
    lab = await startRealLab({ images, progress: say });
    controller = await startRolloutsController(lab, { minor: NEWEST, plugins: [], progress: say });
    const definitions = (await definitionFiles(say)).flatMap((file) => ['-f', file]);
    await lab.kubectl(['apply', '--server-side', ...definitions]);
    walk = await startWalk(lab, 'openshift');
    origin = await makeFork(walk, lab);
  });
  after(async () => {
    await controller?.stop();
    await lab?.stop();
  });

  /** What Argo CD makes of what was pushed. */
  async function sync(): Promise<void> {
    const clone = join(lab.directory, 'clone');
    const example = `'${clone}/examples/openshift-gitops'`;
    await walk.run(
      `(rm -rf '${clone}' && git clone --quiet '${origin}' '${clone}'
        kubectl apply -k ${example}/system/kubernetes-agent && kubectl apply -k ${example}/workloads/canary-app)`,
    );
  }

  const colour = async (): Promise<string> => {
    const { spec } = await lab.client.get(
      '/apis/argoproj.io/v1alpha1/namespaces/canary/rollouts/rollouts-demo',
    );
    const { template } = spec as {
      template: { spec: { containers: [{ image: string; env: [{ value: string }] }] } };
    };
    const [{ image, env }] = template.spec.containers;
    expect(image).to.equal('registry.example.com/you/canary-app:0.1.0');
    return env[0].value;
  };

  it('has commands that run, from the fork to the retry, and what is pushed is what the next step finds; no release is judged here', async () => {
    const shown: string[] = [];
    let isDeployed = false;
    for (const command of commandsRunBy(SELF)) {
      if (command.startsWith('oc get applications')) {
        isDeployed = true;
        await sync();
        await untilPods('kubernetes-agent');
        shown.push(await colour());
      }
      if (command.includes('canaryanalysis NAME')) await lab.apply(ANALYSIS);
      await walk.run(command.replace('canaryanalysis NAME', `canaryanalysis ${ANALYSIS.metadata.name}`));
      say(`ran: ${command}`);
      if (!isDeployed || !command.includes('git push')) continue;
      await sync();
      shown.push(await colour());
    }
    expect(shown).to.deep.equal(['blue', 'yellow', 'blue']);
    const pushed = await walk.run(`git -C '${walk.root}' ls-files`);
    expect(pushed)
      .to.include('secret.yaml.template')
      .and.not.to.match(/secret\.yaml$/m);
    const sets = await walk.run(
      `cat '${walk.root}'/examples/openshift-gitops/components/applicationsets/*.yaml`,
    );
    expect(sets).to.include('YOU/canary-analysis').and.not.to.include('OWNER');
  });

  async function untilPods(name: string): Promise<void> {
    const metadata = { namespace: 'openshift-gitops', name };
    const isThere = ({ status }: KubeObject): boolean => Number(status?.['replicas'] ?? 0) > 0;
    await lab.waitFor({ apiVersion: 'apps/v1', kind: 'Deployment', metadata }, isThere);
  }
});
