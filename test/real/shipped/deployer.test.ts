import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { parse } from 'yaml';
import { type ControlPlane, startControlPlane } from '../../lab/control-plane/control-plane.ts';
import { NEWEST, rolloutsModule } from '../../lab/control-plane/programs.ts';
import { failureOf } from '../../support/promises.ts';
import { commandsRunBy } from '../../support/shell-commands.ts';
import { runCommand } from '../installed/shell.ts';
import { ROOT } from './files.ts';

/** What the lists of commands call this file. */
const SELF = 'test/real/shipped/deployer.test.ts';
const SCRIPT = 'examples/progressive-delivery/github-actions/deployer/kubeconfig.sh';
const NAMESPACE = 'ai-engine';

interface Rollout {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly template: { readonly spec: { readonly containers: { image: string }[] } } };
}

describe("the deployer of the progressive-delivery kit's workflow, on a real API server", () => {
  let plane: ControlPlane;
  let file: string;

  before(async function () {
    this.timeout(1_800_000);
    const say = (line: string): void => void process.stdout.write(`    ${line}\n`);
    plane = await startControlPlane(say);
    file = join(plane.directory, 'deployer.kubeconfig');
    await plane.kubectl([
      'apply',
      '--server-side',
      '-k',
      join(await rolloutsModule(NEWEST, say), 'manifests/crds'),
    ]);
    await plane.kubectl(['apply', '--server-side', '-k', join(ROOT, 'crds')]);
    await plane.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
    await plane.kubectl(['apply', '--server-side', '-k', join(ROOT, 'examples/progressive-delivery/base')]);
  });
  after(() => plane?.stop());

  it('gets a kubeconfig by the commands of the page, once the cluster has made its token', async function () {
    this.timeout(120_000);
    const early = (await failureOf(runCommand(plane, SCRIPT))) as Error & { stderr?: string };
    expect(early.stderr).to.contain('"ai-engine-deployer" not found');
    const commands = commandsRunBy(SELF);
    expect(commands).to.have.lengthOf(3);
    for (const command of commands) await runCommand(plane, command);
    let text = '';
    while (text === '') {
      text = await runCommand(plane, SCRIPT).catch(async (error: Error & { stderr?: string }) => {
        expect(error.stderr).to.contain('has no token yet: run this again');
        await sleep(100);
        return '';
      });
    }
    const { clusters, contexts, users } = parse(text);
    expect(clusters[0].cluster.server).to.equal(plane.url);
    expect(contexts[0].context.namespace).to.equal(NAMESPACE);
    expect(users[0].user.token).to.match(/^ey/);
    await writeFile(file, text, { mode: 0o600 });
  });

  const asDeployer = (args: readonly string[], input?: string): Promise<string> =>
    plane.kubectl([`--kubeconfig=${file}`, ...args], input);

  /** What `kubectl argo rollouts set image` does: it reads the Rollout and writes it back. */
  async function setImage(name: string): Promise<void> {
    const rollout = JSON.parse(await asDeployer(['get', 'rollout', name, '-o', 'json'])) as Rollout;
    for (const container of rollout.spec.template.spec.containers) container.image = 'ghcr.io/acme/api:abc';
    await asDeployer(['replace', '-f', '-'], JSON.stringify(rollout));
  }

  it('sets the image of the API, and cannot set that of another Rollout', async () => {
    await setImage('ai-engine-api');
    const { spec } = JSON.parse(
      await plane.kubectl(['get', 'rollout', 'ai-engine-api', '-n', NAMESPACE, '-o', 'json']),
    ) as Rollout;
    expect(spec.template.spec.containers.map(({ image }) => image)).to.deep.equal(['ghcr.io/acme/api:abc']);
    expect((await failureOf(setImage('ai-engine-workers'))).message).to.contain('forbidden');
  });

  /** What the client of Argo Rollouts' `status` lists and watches: pkg/kubectl-argo-rollouts/viewcontroller. */
  const WATCHED = ['rollouts', 'analysisruns', 'experiments', 'replicasets', 'deployments', 'pods'];

  it('watches what a release consists of, and lists what was decided', async () => {
    for (const resource of [...WATCHED, 'canaryanalyses']) await asDeployer(['get', resource]);
    for (const resource of WATCHED)
      expect((await asDeployer(['auth', 'can-i', 'watch', resource])).trim(), resource).to.equal('yes');
  });

  it('may do nothing else', async () => {
    for (const [verb, resource, ...more] of [
      ['get', 'secrets'],
      ['create', 'rollouts.argoproj.io'],
      ['delete', 'rollouts.argoproj.io/ai-engine-api'],
      // Promote, abort and retry.
      ['patch', 'rollouts.argoproj.io/ai-engine-api', '--subresource=status'],
      ['patch', 'analysisruns.argoproj.io'],
      ['create', 'pods'],
      ['get', 'pods', '--subresource=log'],
      ['patch', 'canaryanalyses.metric-ai.argoproj-labs.io'],
      ['list', 'rollouts.argoproj.io', '--namespace=default'],
    ] as const) {
      const answer = await asDeployer(['auth', 'can-i', verb, resource, ...more]).catch(
        (error: Error & { stdout?: string }) => error.stdout ?? error.message,
      );
      expect(answer.trim(), `${verb} ${resource}`).to.match(/^no\b/);
    }
  });
});
