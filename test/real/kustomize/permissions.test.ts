import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { ResourceClient } from '../../../crds/client/resource-client.ts';
import { loadKubeConfig } from '../../../operator/kernel/kube-config.ts';
import { createKubeTransport, type KubeTransport } from '../../../operator/kernel/kube-transport.ts';
import { LeaderElector } from '../../../operator/kernel/leader-election.ts';
import { LEASES, type LeaseObject } from '../../../operator/kernel/leader-election-lease.ts';
import type { ControlPlane } from '../../lab/control-plane/control-plane.ts';
import { documentedGrants, type Grant, grantsOf, grantText, type RoleObject } from '../../lab/grants.ts';
import { captureLog } from '../../support/log-capture.ts';
import {
  BASE,
  CHAOS,
  type Kustomizing,
  type Manifest,
  PLUGIN,
  ROOT,
  startKustomizing,
} from './kustomizing.ts';

const NAMESPACE = 'canary-analysis';
const OPERATOR = 'system:serviceaccount:canary-analysis:canary-analysis-operator';
const ARGO = 'system:serviceaccount:argo-rollouts:argo-rollouts';
/** What a line of the page names as using a right, where that is no file. */
const NO_FILE = ['people', 'experiments, not yet'];

describe('the roles of kustomize on a real API server', () => {
  let lab: Kustomizing;
  let plane: ControlPlane;
  let admin: KubeTransport;
  /** The base with the component `chaos`, which a namespace binds. */
  let all: readonly Manifest[];

  before(async function () {
    this.timeout(1_800_000);
    lab = await startKustomizing();
    plane = lab.plane;
    admin = transportFor(plane.adminToken);
    all = await lab.renderUser('all', (to) => `resources: ["${to(BASE)}"]\ncomponents: ["${to(CHAOS)}"]\n`);
    await plane.kubectl(['apply', '--server-side', '--kustomize', join(lab.folder, 'all')]);
    for (const name of ['argo-rollouts', 'shop', 'payments'])
      await plane.kubectl(['create', 'namespace', name]);
    const bound = join(CHAOS, 'namespace');
    await lab.renderUser('harmed', (to) => `namespace: shop\nresources: ["${to(bound)}"]\n`);
    await plane.kubectl(['apply', '--server-side', '--kustomize', join(lab.folder, 'harmed')]);
    const binding = join(PLUGIN, 'controller/role-binding.yaml');
    await plane.kubectl(['apply', '--server-side', '--filename', binding]);
  });
  after(async () => {
    admin?.close();
    await lab?.stop();
  });

  function transportFor(token: string): KubeTransport {
    return createKubeTransport(loadKubeConfig({ server: plane.url, token, caFile: plane.caFile }, {}));
  }

  function roles(): RoleObject[] {
    return all.filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole') as unknown as RoleObject[];
  }

  async function mayUser(user: string, grant: Omit<Grant, 'role'>, namespace: string): Promise<boolean> {
    const [resource, subresource] = grant.resource.split('/');
    const { group, verb, name } = grant;
    const body = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user,
        groups: ['system:serviceaccounts', 'system:authenticated'],
        resourceAttributes: { namespace, group, resource, subresource, verb, name },
      },
    };
    const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    const response = await admin.request({ method: 'POST', path, body });
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body) chunks.push(chunk);
    expect(response.status).to.equal(201);
    return JSON.parse(Buffer.concat(chunks).toString('utf8')).status.allowed;
  }

  const page = async () => documentedGrants(await readFile(join(ROOT, 'docs', 'permissions.md'), 'utf8'));

  it('are documented one by one: no rule without a line, no line without a rule', async () => {
    const documented = (await page()).flatMap(({ grants }) => grants).map(grantText);
    const rendered = roles().flatMap(grantsOf).map(grantText);
    expect(documented.sort()).to.deep.equal(rendered.sort());
    expect(new Set(documented).size, 'no right stands twice').to.equal(documented.length);
  });

  it('name files that exist as what uses them', async () => {
    for (const { usedBy, purpose, grants } of await page()) {
      const line = grants.map(grantText).join('; ');
      expect(purpose, line).not.to.equal('');
      for (const user of usedBy) {
        if (!NO_FILE.includes(user))
          expect(existsSync(join(ROOT, 'docs', user)), `${user} of ${line}`).to.equal(true);
      }
    }
  });

  it('are enough: the API server grants each documented right', async () => {
    const refused: string[] = [];
    for (const { grants } of await page()) {
      for (const grant of grants.filter(({ role }) => !role.endsWith('-view'))) {
        const [user, namespace] = grant.role.endsWith('-plugin')
          ? [ARGO, 'shop']
          : [OPERATOR, grant.role.startsWith('Role ') ? NAMESPACE : 'shop'];
        if (!(await mayUser(user, grant, namespace))) refused.push(grantText(grant));
      }
    }
    expect(refused).to.deep.equal([]);
  });

  type Refusal = readonly [user: string, verb: string, group: string, resource: string, namespace?: string];
  const WRITES = ['create', 'update', 'patch', 'delete'] as const;
  const REFUSED: readonly Refusal[] = [
    ...['get', 'list', 'watch'].flatMap((verb): Refusal[] => [
      [OPERATOR, verb, '', 'secrets'],
      [OPERATOR, verb, '', 'secrets', NAMESPACE],
      [ARGO, verb, '', 'secrets'],
      [ARGO, verb, '', 'secrets', 'argo-rollouts'],
    ]),
    ...WRITES.flatMap((verb): Refusal[] => [
      [OPERATOR, verb, 'argoproj.io', 'rollouts'],
      [OPERATOR, verb, 'argoproj.io', 'rollouts/status'],
      [OPERATOR, verb, 'argoproj.io', 'analysisruns'],
      [OPERATOR, verb, '', 'pods'],
      [OPERATOR, verb, 'apps', 'replicasets'],
      [OPERATOR, verb, 'apps', 'deployments'],
      [OPERATOR, verb, 'rbac.authorization.k8s.io', 'roles'],
      [ARGO, verb, '', 'configmaps'],
      [ARGO, verb, 'metric-ai.argoproj-labs.io', 'canaryanalyses/status'],
    ]),
    [OPERATOR, 'create', '', 'pods/exec'],
    [OPERATOR, 'get', '', 'pods/exec'],
    [OPERATOR, 'create', '', 'pods/portforward'],
    [OPERATOR, 'patch', '', 'pods/ephemeralcontainers'],
    [OPERATOR, 'create', '', 'serviceaccounts/token', NAMESPACE],
    [OPERATOR, 'get', '', 'nodes/proxy'],
    [OPERATOR, 'impersonate', '', 'users'],
    [OPERATOR, 'create', 'metric-ai.argoproj-labs.io', 'canaryanalyses'],
    [OPERATOR, 'list', '', 'configmaps'],
    [OPERATOR, 'create', 'coordination.k8s.io', 'leases', 'kube-system'],
    [OPERATOR, 'patch', 'coordination.k8s.io', 'leases', NAMESPACE],
    [ARGO, 'delete', 'metric-ai.argoproj-labs.io', 'canaryanalyses'],
    [ARGO, 'get', '', 'pods/log'],
  ];

  it('are not more than that: what matters most is refused', async () => {
    const granted: string[] = [];
    for (const [user, verb, group, resource, namespace = 'shop'] of REFUSED) {
      if (await mayUser(user, { group, resource, verb }, namespace))
        granted.push(`${user} ${verb} ${resource}`);
    }
    expect(granted).to.deep.equal([]);
  });

  it("let people see analyses, and no more than see: the cluster's own roles take the view in", async () => {
    for (const role of ['view', 'edit', 'admin']) {
      const user = `jane-who-may-${role}`;
      const may = (verb: string) =>
        mayUser(user, { group: 'metric-ai.argoproj-labs.io', resource: 'canaryanalyses', verb }, 'default');
      expect(await may('get'), user).to.equal(false);
      const binding = ['create', 'rolebinding', user, `--clusterrole=${role}`, `--user=${user}`];
      await plane.kubectl([...binding, '--namespace=default']);
      // The controller that aggregates roles and the authorizer take a moment.
      while (!(await may('get'))) await sleep(50);
      for (const verb of ['list', 'watch']) expect(await may(verb), `${user} ${verb}`).to.equal(true);
      for (const verb of WRITES) expect(await may(verb), `${user} ${verb}`).to.equal(false);
    }
  });

  it('let the operator harm pods only where a namespace binds the role, and only by the kinds that are named', async () => {
    const chaos = (verb: string, resource: string, namespace: string): Promise<boolean> =>
      mayUser(OPERATOR, { group: 'chaos-mesh.org', resource, verb }, namespace);
    expect(await chaos('create', 'podchaos', 'shop')).to.equal(true);
    expect(await chaos('create', 'podchaos', 'payments')).to.equal(false);
    for (const [verb, resource] of [
      ['patch', 'podchaos'],
      ['update', 'podchaos'],
      ['create', 'workflows'],
      ['create', 'schedules'],
      ['create', 'awschaos'],
      ['create', 'physicalmachinechaos'],
    ] as const)
      expect(await chaos(verb, resource, 'shop'), `${verb} ${resource}`).to.equal(false);
    expect(
      await mayUser(ARGO, { group: 'chaos-mesh.org', resource: 'podchaos', verb: 'create' }, 'shop'),
    ).to.equal(false);
  });

  it('let the operator be elected, renew and give the lease back', async () => {
    const args = ['create', 'token', 'canary-analysis-operator', '--namespace', NAMESPACE];
    const transport = transportFor((await plane.kubectl(args)).trim());
    const log = captureLog();
    const elect = (
      identity: string,
      work: (signal: AbortSignal) => Promise<void>,
      stop = new AbortController(),
    ) =>
      new LeaderElector({
        client: new ResourceClient<LeaseObject>(transport, LEASES),
        lease: { namespace: NAMESPACE, name: 'canary-analysis-operator' },
        identity,
        logger: log.logger,
        leaseDurationMs: 3000,
        renewDeadlineMs: 2000,
        retryPeriodMs: 50,
      }).run(stop.signal, work);
    const spec = async () => {
      const lease = ['get', 'lease', 'canary-analysis-operator', '--namespace', NAMESPACE, '--output=json'];
      return (JSON.parse(await plane.kubectl(lease)) as LeaseObject).spec ?? {};
    };
    try {
      const first = await elect('one', async () => {
        const { renewTime } = await spec();
        while ((await spec()).renewTime === renewTime);
      });
      expect(first).to.equal('released');
      expect(await spec()).to.include({ holderIdentity: '', leaseTransitions: 0 });
      const second = await elect('two', async () => {
        expect(await spec()).to.include({ holderIdentity: 'two', leaseTransitions: 1 });
      });
      expect(second).to.equal('released');
      expect(log.lines.filter(({ level }) => level === 'warn' || level === 'error')).to.deep.equal([]);
    } finally {
      transport.close();
    }
  });
});
