import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { type DeployedRollout, deployRollout } from '../lab/argo/rollout.ts';
import { API_SERVER } from './api-servers.ts';
import { measurementOf, System } from './system.ts';

const PODS = '/api/v1/namespaces/many/pods';
/** What the operator logs when it has looked at the pods for the first time. */
const BEGAN = 'observation began';
const HEAD_SECONDS = 2;
const SERVER = ['sh', '-c', 'while :; do echo "INFO request completed status=200"; sleep 0.2; done'];
const STABLE = 12;
const CANARY = 8;
const MAX_PODS = 10;

describe(`evidence of 20 pods, some of which cannot be read (${API_SERVER.name})`, () => {
  let system: System;
  let rollout: DeployedRollout;

  before(async function () {
    this.timeout('30m');
    system = await System.start({ operatorConfig: { logs: { headSeconds: HEAD_SECONDS } } });
    system.lab.kubelet.images['server:v1'] = SERVER;
    await system.lab.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'many' } });
    rollout = await deployRollout(system.lab.client, {
      namespace: 'many',
      name: 'web',
      stable: { image: 'server:v1', env: { VERSION: 'v1' }, replicas: STABLE },
      canary: { image: 'server:v1', env: { VERSION: 'v2' }, replicas: CANARY },
    });
    await ready(rollout.stableHash, STABLE);
    await ready(rollout.canaryHash, CANARY);
  });
  after(() => system.stop());

  async function ready(hash: string, count: number): Promise<void> {
    await system.until(
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { namespace: 'many', name: `web-${hash}` },
      },
      `had ${count} ready pods`,
      ({ status }) => status?.['readyReplicas'] === count,
    );
  }

  /** Measures; once the pods have been seen, something happens to them. */
  async function measured(step: number, meanwhile: () => Promise<unknown> = () => Promise.resolve()) {
    const before = system.timesLogged(BEGAN);
    const run = await system.measure(rollout, { observation: { waitSeconds: 20 } }, { step });
    await system.logged(BEGAN, before);
    await meanwhile();
    const { message, phase } = measurementOf(await system.finished(run));
    const analysis = (await system.analyses('many')).find(
      ({ spec }) => spec.measurement?.analysisRun === run.metadata.name,
    );
    const { coverage, reason } = analysis?.status ?? {};
    return { phase, message, reason, gaps: coverage?.gaps ?? [], coverage };
  }

  /** Names of a revision's pods, those first that are read whatever other pods there are. */
  async function podsOf(hash: string): Promise<[string, string, string]> {
    const { items } = await system.lab.client.list(
      `${PODS}?labelSelector=rollouts-pod-template-hash%3D${hash}`,
    );
    const digest = (name: string) => createHash('sha256').update(name).digest('hex');
    const names = items.map(({ metadata }) => metadata.name);
    return names.toSorted((a, b) => (digest(a) < digest(b) ? -1 : 1)) as [string, string, string];
  }

  /** Makes the log of one pod refuse and of another hang, and has a third one deleted while the analysis watches. */
  async function measuredWithFaults(step: number, hash: string) {
    const [refused, hanging, deleted] = await podsOf(hash);
    const mend = [
      system.lab.kubelet.logFaults.add({ pod: refused }, { status: 403, text: 'the node says no' }),
      system.lab.kubelet.logFaults.add({ pod: hanging }, { hang: true }),
    ];
    const result = await measured(step, () => system.lab.client.delete(`${PODS}/${deleted}`));
    for (const undo of mend) undo();
    return { ...result, refused, hanging, deleted };
  }

  it('reads ten stable pods, always the same, and says how many were left out', async () => {
    const { coverage, gaps, phase, message } = await measured(1);
    expect(phase, message).to.equal('Successful');
    expect(coverage?.stable).to.include({ podsFound: STABLE, podsRead: MAX_PODS, podsReady: STABLE });
    expect(coverage?.canary).to.include({ podsFound: CANARY, podsRead: CANARY, containers: CANARY });
    expect(gaps).to.deep.equal([
      `stable: the logs of ${STABLE - MAX_PODS} of ${STABLE} pods were left out (maxPods)`,
    ]);
  });

  it('promotes by the stable pods that can be read, and names a refused log, a hanging one and a pod that went', async () => {
    const { gaps, phase, message, coverage, ...pods } = await measuredWithFaults(2, rollout.stableHash);
    expect(phase, message).to.equal('Successful');
    expect(coverage?.stable).to.include({ podsFound: STABLE + 1, podsRead: MAX_PODS });
    expectGaps(gaps, 'stable', pods);
  });

  it('promotes nothing where these are the canary, and says what is missing', async () => {
    const { gaps, phase, reason, message, ...pods } = await measuredWithFaults(3, rollout.canaryHash);
    expect(phase, message).to.equal('Inconclusive');
    expect(reason).to.equal('InsufficientEvidence');
    expect(message).to.contain('canary logs could not all be read');
    expectGaps(gaps, 'canary', pods);
  });
});

function expectGaps(
  gaps: readonly string[],
  side: string,
  pods: { readonly refused: string; readonly hanging: string; readonly deleted: string },
): void {
  const gap = (pod: string) => gaps.find((text) => text.startsWith(`${side} pod ${pod}`));
  expect(gap(pods.refused)).to.match(/, container app: refused: .*the node says no/);
  expect(gap(pods.hanging)).to.match(new RegExp(`, container app: no answer came within ${HEAD_SECONDS} s$`));
  expect(gap(pods.deleted)).to.match(/: it was deleted before its logs were read$/);
}
