import { expect } from 'chai';
import { type EmbeddedLab, startEmbeddedLab } from '../../../lab/embedded-lab.ts';
import { hostPort } from '../../../lab/kubelet/host-ports.ts';
import type { ContainerStatus } from '../../../lab/kubelet/pod.ts';
import type { KubeObject } from '../../../lab/kubernetes.ts';
import { CONFIG_MAPS, configMap, EventReader, PODS, pod } from '../objects.ts';

const EVENTS = '/api/v1/namespaces/default/events';

/** A container that runs this script under Node.js. */
function script(text: string): { image: string; args: string[] } {
  return { image: 'script', args: [text] };
}

const FOREVER = script('setInterval(() => {}, 1000)');

function main(object: KubeObject, name = 'main'): ContainerStatus | undefined {
  const lists = [object.status?.['containerStatuses'], object.status?.['initContainerStatuses']];
  return lists.flatMap((list) => (list ?? []) as ContainerStatus[]).find((status) => status.name === name);
}

function waitingFor(reason: string): (object: KubeObject) => boolean {
  return (object) => {
    const state = main(object)?.state;
    return state !== undefined && 'waiting' in state && state.waiting.reason === reason;
  };
}

function isReady(object: KubeObject): boolean {
  const conditions = (object.status?.['conditions'] ?? []) as { type: string; status: string }[];
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

describe('the process kubelet', () => {
  let lab: EmbeddedLab;

  beforeEach(async () => {
    lab = await startEmbeddedLab({
      tls: false,
      images: { script: ['node', '-e'] },
      backoff: { baseMs: 30 },
      probePeriodMs: 10,
    });
  });
  afterEach(() => lab.stop());

  const run = async (object: KubeObject, until: (object: KubeObject) => boolean): Promise<KubeObject> => {
    await lab.client.create(PODS, object);
    return lab.waitFor(object, until);
  };
  const log = (name: string, query = ''): Promise<unknown> => lab.client.get(`${PODS}/${name}/log${query}`);

  it('registers a Node with an address where its logs are', async () => {
    const node = await lab.client.get('/api/v1/nodes/process-node');
    expect(isReady(node)).to.equal(true);
    expect(node.status?.['addresses']).to.deep.include({ type: 'InternalIP', address: '127.0.0.1' });
  });

  it('runs a pod as a process and shows it Running and Ready', async () => {
    const running = await run(pod('p', FOREVER), isReady);
    expect(running.status).to.include({ phase: 'Running', podIP: '127.0.0.1' });
    expect(running.spec?.['nodeName']).to.equal('process-node');
    expect(main(running)?.state).to.have.nested.property('running.startedAt');
  });

  it('gives a process its environment: values, fields of the pod, ConfigMaps', async () => {
    await lab.client.create(CONFIG_MAPS, configMap('settings', {}, { mode: 'fast', SIZE: '3' }));
    const container = {
      ...script('const e = process.env; console.log([e.A, e.B, e.POD, e.IP, e.MODE, e.ALL_SIZE].join())'),
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '$(A)2' },
        { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'MODE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'mode' } } },
      ],
      envFrom: [{ prefix: 'ALL_', configMapRef: { name: 'settings' } }],
    };
    await run(
      pod('p', container, { restartPolicy: 'Never' }),
      ({ status }) => status?.['phase'] === 'Succeeded',
    );
    expect(await log('p')).to.equal('1,12,p,127.0.0.1,fast,3\n');
  });

  it('shows CreateContainerConfigError until what is missing is there', async () => {
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'late', key: 'a' } } }];
    const waiting = await run(pod('p', { ...FOREVER, env }), waitingFor('CreateContainerConfigError'));
    expect(main(waiting)?.state).to.deep.equal({
      waiting: { reason: 'CreateContainerConfigError', message: 'configmap "late" not found' },
    });
    await lab.client.create(CONFIG_MAPS, configMap('late', {}, { a: '1' }));
    await lab.waitFor(pod('p', {}), isReady);
  });

  it('backs off from an unknown image until it is known', async () => {
    await run(pod('p', { image: 'later' }), waitingFor('ImagePullBackOff'));
    lab.kubelet.images['later'] = ['node', '-e', 'setInterval(() => {}, 1000)'];
    await lab.waitFor(pod('p', {}), isReady);
  });

  it('restarts what crashes, at once and then in CrashLoopBackOff, keeping how it ended', async () => {
    const looping = await run(pod('p', script('console.error("boom"); process.exit(3)')), (object) => {
      return waitingFor('CrashLoopBackOff')(object) && (main(object)?.restartCount ?? 0) >= 2;
    });
    expect(main(looping)?.lastState.terminated).to.include({ exitCode: 3, reason: 'Error' });
    expect(looping.status).to.include({ phase: 'Running' });
    expect(isReady(looping)).to.equal(false);
    expect(await log('p', '?follow=true'), 'of the run that may just have begun').to.equal('boom\n');
    expect(await log('p', '?previous=true')).to.equal('boom\n');
  });

  const endings: readonly [text: string, exitCode: number, reason: string][] = [
    ['process.exit(0)', 0, 'Completed'],
    ['process.exit(7)', 7, 'Error'],
    ['process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1000)', 143, 'Error'],
    ['process.kill(process.pid, "SIGKILL")', 137, 'Error'],
    [
      'require("fs").writeFileSync(process.env.OOM_MARKER_PATH, ""); process.kill(process.pid, "SIGKILL")',
      137,
      'OOMKilled',
    ],
  ];
  for (const [text, exitCode, reason] of endings) {
    it(`shows ${reason} with exit code ${exitCode} after ${text.slice(0, 45)}`, async () => {
      const phase = exitCode === 0 ? 'Succeeded' : 'Failed';
      const over = await run(
        pod('p', script(text), { restartPolicy: 'Never' }),
        ({ status }) => status?.['phase'] === phase,
      );
      expect(main(over)?.state).to.have.property('terminated').that.includes({ exitCode, reason });
    });
  }

  it('kills a container for memory on demand', async () => {
    await run(pod('p', FOREVER), isReady);
    expect(lab.kubelet.oomKill('default', 'p', 'main')).to.equal(true);
    const restarted = await lab.waitFor(pod('p', {}), (object) => main(object)?.restartCount === 1);
    expect(main(restarted)?.lastState.terminated).to.include({ exitCode: 137, reason: 'OOMKilled' });
  });

  it('shows what a process wrote as its termination message', async () => {
    const text =
      'require("fs").writeFileSync(process.env.TERMINATION_MESSAGE_PATH, "no database"); process.exit(1)';
    const over = await run(
      pod('p', script(text), { restartPolicy: 'Never' }),
      ({ status }) => status?.['phase'] === 'Failed',
    );
    expect(main(over)?.state).to.have.nested.property('terminated.message', 'no database');
  });

  it('shows StartError for a command that does not exist', async () => {
    const container = { image: 'script', command: ['/none/such'] };
    const over = await run(
      pod('p', container, { restartPolicy: 'Never' }),
      ({ status }) => status?.['phase'] === 'Failed',
    );
    expect(main(over)?.state)
      .to.have.property('terminated')
      .that.includes({ exitCode: 128, reason: 'StartError' });
  });

  it('runs init containers in order before the containers, and sidecars beside them', async () => {
    const say = (name: string) => ({ name, ...script(`console.log("${name}")`) });
    const object = pod('p', script('console.log("main")'), {
      restartPolicy: 'Never',
      initContainers: [say('first'), { name: 'sidecar', restartPolicy: 'Always', ...FOREVER }, say('second')],
    });
    const over = await run(object, ({ status }) => status?.['phase'] === 'Succeeded');
    const started = ['first', 'second', 'main'].map((name) => main(over, name)?.state);
    expect(started.every((state) => state !== undefined && 'terminated' in state)).to.equal(true);
    const stamp = async (name: string): Promise<string> =>
      String(await log('p', `?container=${name}&timestamps=true`)).slice(0, 30);
    const stamps = [await stamp('first'), await stamp('second'), await stamp('main')];
    expect([...stamps].sort()).to.deep.equal(stamps);
  });

  it('fails a pod that may not restart with its init container', async () => {
    const object = pod('p', FOREVER, {
      restartPolicy: 'Never',
      initContainers: [{ name: 'init', ...script('process.exit(1)') }],
    });
    const failed = await run(object, ({ status }) => status?.['phase'] === 'Failed');
    expect(main(failed)?.state).to.have.nested.property('waiting.reason', 'PodInitializing');
  });

  it('gives each container that declares a port one of its own, and probes it there', async () => {
    const serve = {
      ...script(
        'require("http").createServer((q, s) => s.end("pong")).listen(process.env.PORT, "127.0.0.1")',
      ),
      ports: [{ name: 'http', containerPort: 8080 }],
      readinessProbe: { httpGet: { path: '/', port: 'http' } },
    };
    const [left, right] = await Promise.all([run(pod('l', serve), isReady), run(pod('r', serve), isReady)]);
    const ports = [left, right].map((object) => hostPort(object, 'main', 8080));
    expect(ports[0]).not.to.equal(ports[1]);
    for (const port of ports)
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).to.equal('pong');
  });

  it('takes a pod that fails its readiness probe out of Ready', async () => {
    const text = `let n = 0; require("http").createServer((q, s) => { n += 1; s.statusCode = n > 2 ? 500 : 200; s.end() })
      .listen(process.env.PORT, "127.0.0.1")`;
    const readinessProbe = { httpGet: { port: 80 }, failureThreshold: 2 };
    await run(pod('p', { ...script(text), ports: [{ containerPort: 80 }], readinessProbe }), isReady);
    const unready = await lab.waitFor(pod('p', {}), (object) => !isReady(object));
    expect(main(unready)).to.include({ ready: false, restartCount: 0 });
  });

  it('restarts a container that fails its liveness probe', async () => {
    const text = 'require("fs").writeFileSync("sick", ""); setInterval(() => {}, 1000)';
    const livenessProbe = { exec: { command: ['test', '!', '-e', 'sick'] }, failureThreshold: 2 };
    await run(pod('p', { ...script(text), livenessProbe }), (object) => main(object)?.restartCount === 1);
    await lab.kubelet.eventsFlushed();
    const { items } = await lab.client.list(EVENTS);
    const messages = items.map((event) => String(event['message']));
    expect(messages).to.include('Liveness probe failed: command exited with 1');
    expect(messages).to.include('Container main failed liveness probe, will be restarted');
  });

  it('terminates gracefully: SIGTERM, the log to its end, then the pod is gone', async () => {
    const text =
      'process.on("SIGTERM", () => { console.log("bye"); process.exit(0) }); console.log("up"); setInterval(() => {}, 1000)';
    await run(pod('p', script(text)), isReady);
    const follow = await lab.client.open({ path: `${PODS}/p/log?follow=true` });
    const chunks = follow[Symbol.asyncIterator]();
    expect(String((await chunks.next()).value)).to.equal('up\n');
    const events = new EventReader(lab.client.watch(`${PODS}/p`));
    await events.next();
    await lab.client.delete(`${PODS}/p`);
    expect(String((await chunks.next()).value)).to.equal('bye\n');
    expect((await chunks.next()).done).to.equal(true);
    const { object } = await events.until(({ type }) => type === 'DELETED');
    expect(main(object)?.state).to.have.nested.property('terminated.reason', 'Completed');
    await events.close();
  });

  it('kills what does not stop within its grace period', async () => {
    const text = 'process.on("SIGTERM", () => {}); console.log("up"); setInterval(() => {}, 1000)';
    await run(pod('p', script(text)), isReady);
    const follow = await lab.client.open({ path: `${PODS}/p/log?follow=true` });
    await follow[Symbol.asyncIterator]().next();
    const events = new EventReader(lab.client.watch(`${PODS}/p`));
    await events.next();
    await lab.client.delete(`${PODS}/p`, { gracePeriodSeconds: 1 });
    const { object } = await events.until(({ type }) => type === 'DELETED');
    expect(main(object)?.state)
      .to.have.property('terminated')
      .that.includes({ exitCode: 137, reason: 'Error' });
    await events.close();
  });

  it('counts repeated Events instead of writing them again', async () => {
    await run(pod('p', script('process.exit(1)')), (object) => (main(object)?.restartCount ?? 0) >= 3);
    await lab.kubelet.eventsFlushed();
    const { items } = await lab.client.list(
      `${EVENTS}?fieldSelector=involvedObject.name%3Dp,reason%3DBackOff`,
    );
    expect(items).to.have.length(1);
    expect(items[0]).to.include({ type: 'Warning' });
    expect(items[0]?.['count']).to.be.at.least(2);
    expect(String(items[0]?.['message'])).to.match(
      /^Back-off restarting failed container main in pod p_default\(/,
    );
    expect(items[0]?.['involvedObject']).to.include({ fieldPath: 'spec.containers{main}' });
  });

  it('goes on when the API server was away', async () => {
    await run(pod('p', FOREVER), isReady);
    await lab.server.down();
    lab.kubelet.oomKill('default', 'p', 'main');
    await lab.server.up();
    await lab.waitFor(pod('p', {}), (object) => main(object)?.restartCount === 1 && isReady(object));
  });

  it('stops although the API server does not answer any more', async () => {
    await run(pod('p', FOREVER), isReady);
    lab.server.faults.add({ user: 'system:node:process-node' }, { hang: true });
    await lab.client.delete(`${PODS}/p`);
    await lab.kubelet.stop();
  });
});
