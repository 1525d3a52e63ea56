import { expect } from 'chai';
import { podFact } from '../../../../operator/pods/pod-fact.ts';
import type { ContainerStatus, PodObject } from '../../../../operator/pods/pod-object.ts';

const T0 = Date.parse('2026-01-01T00:00:00Z');
const at = (seconds: number): string => new Date(T0 + seconds * 1000).toISOString();
const options = { redact: (text: string): string => text.replaceAll('hunter2', '<password>') };

function pod(container: Partial<ContainerStatus>, ready: boolean, readySince = 20): PodObject {
  return {
    metadata: { name: 'web-1', uid: 'u1', creationTimestamp: at(0) },
    spec: { nodeName: 'n1', containers: [{ name: 'web', image: 'shop:2' }] },
    status: {
      phase: 'Running',
      startTime: at(1),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: at(readySince) }],
      containerStatuses: [{ name: 'web', ready, restartCount: 0, ...container }],
    },
  };
}
const window = { from: T0, to: T0 + 600_000 };

describe('podFact', () => {
  it('counts Ready seconds from the last time the pod turned Ready to the end of the window', () => {
    const fact = podFact(
      pod({ state: { running: { startedAt: at(2) } } }, true),
      'canary',
      window,
      T0 + 900_000,
      options,
    );
    expect(fact).to.include({
      ready: true,
      readySeconds: 580,
      readyThroughout: true,
      node: 'n1',
      deleted: false,
    });
    expect(fact.containers[0]).to.include({ kind: 'app', state: 'running', image: 'shop:2' });
  });

  it('does not call a pod Ready throughout that turned Ready long after its start', () => {
    const fact = podFact(pod({}, true, 300), 'canary', window, T0 + 600_000, options);
    expect(fact).to.include({ ready: true, readySeconds: 300, readyThroughout: false });
  });

  it('knows of a pod that is not Ready whether it ever was, by when its condition turned', () => {
    const losses = (ready: boolean, since: number) =>
      podFact(pod({}, ready, since), 'canary', window, T0 + 600_000, options).readinessLosses;
    expect(losses(false, 570)).to.equal(1);
    expect(losses(false, 1)).to.equal(undefined);
    expect(losses(true, 570)).to.equal(undefined);
  });

  it('does not call a pod Ready throughout that restarted in the window', () => {
    const terminated = { reason: 'OOMKilled', exitCode: 137, finishedAt: at(30) };
    const fact = podFact(
      pod({ restartCount: 1, lastState: { terminated } }, true, 40),
      'canary',
      window,
      T0 + 600_000,
      options,
    );
    expect(fact.readyThroughout).to.equal(false);
    expect(fact.containers[0]?.lastTerminated).to.include({
      reason: 'OOMKilled',
      exitCode: 137,
      finishedAt: T0 + 30_000,
    });
  });

  it('tells how long a crash loop has waited from the end of the last run', () => {
    const fact = podFact(
      pod(
        {
          restartCount: 3,
          state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off, password hunter2' } },
          lastState: { terminated: { exitCode: 1, finishedAt: at(100) } },
        },
        false,
      ),
      'canary',
      window,
      T0 + 115_000,
      options,
    );
    expect(fact).to.include({ ready: false, readySeconds: 0 });
    expect(fact.containers[0]).to.include({
      state: 'waiting',
      waitingReason: 'CrashLoopBackOff',
      waitingMessage: 'back-off, password <password>',
      waitingFor: 15_000,
      restarts: 3,
    });
    expect(fact.containers[0]?.lastTerminated?.reason).to.equal('Error');
  });

  it('takes the time a waiting reason was first observed from the watcher', () => {
    const fact = podFact(
      pod({ state: { waiting: { reason: 'ImagePullBackOff' } } }, false),
      'canary',
      window,
      T0 + 50_000,
      {
        ...options,
        waitingSince: (container, reason) =>
          `${container}/${reason}` === 'web/ImagePullBackOff' ? T0 + 48_000 : undefined,
      },
    );
    expect(fact.containers[0]?.waitingFor).to.equal(2_000);
  });

  it('knows a pod as deleted from the moment deletion was asked for', () => {
    const going = (end: number): PodObject => {
      const p = pod({}, true);
      return {
        ...p,
        metadata: { ...p.metadata, deletionTimestamp: at(end), deletionGracePeriodSeconds: 30 },
      };
    };
    expect(podFact(going(630), 'stable', window, T0 + 610_000, options).deleted).to.equal(true);
    expect(podFact(going(631), 'stable', window, T0 + 610_000, options).deleted).to.equal(false);
  });

  it('keeps proxies and restartable init containers apart from the application', () => {
    const p: PodObject = {
      metadata: { name: 'p' },
      spec: {
        initContainers: [
          { name: 'migrate' },
          { name: 'shipper', restartPolicy: 'Always' },
          { name: 'istio-init', image: 'docker.io/istio/proxyv2:1.24' },
        ],
        containers: [
          { name: 'app', image: 'registry:5000/team/app' },
          { name: 'istio-proxy' },
          { name: 'mesh', image: 'cr.l5d.io/linkerd/proxy:stable' },
          { name: 'edge', image: 'docker.io/envoyproxy/envoy@sha256:00' },
        ],
      },
    };
    const fact = podFact(p, 'stable', window, T0, options);
    expect(fact.containers.map((c) => c.kind)).to.deep.equal([
      'init',
      'sidecar',
      'init',
      'app',
      'sidecar',
      'sidecar',
      'sidecar',
    ]);
    expect(fact).to.include({ phase: 'Unknown', ready: false, uid: '' });
  });
});
