import { expect } from 'chai';
import { PodObserver } from '../../../../operator/evidence/observe.ts';
import type { ContainerState, PodObject } from '../../../../operator/pods/pod-object.ts';

const T0 = Date.UTC(2026, 0, 1);
const at = (second: number): number => T0 + second * 1000;
const time = (second: number): string => new Date(at(second)).toISOString();
const same = (text: string): string => text;

function pod(
  given: { name?: string; ready?: number; state?: ContainerState; restarts?: number; started?: number } = {},
): PodObject {
  const {
    name = 'web-1',
    ready,
    state = { running: { startedAt: time(0) } },
    restarts = 0,
    started = 0,
  } = given;
  return {
    metadata: { name, uid: name, creationTimestamp: time(started) },
    spec: { containers: [{ name: 'app', image: 'shop:2' }] },
    status: {
      phase: 'Running',
      startTime: time(started),
      conditions: [
        {
          type: 'Ready',
          status: ready === undefined ? 'False' : 'True',
          lastTransitionTime: time(ready ?? 0),
        },
      ],
      containerStatuses: [{ name: 'app', ready: ready !== undefined, restartCount: restarts, state }],
    },
  };
}

const waiting = (reason: string): ContainerState => ({ waiting: { reason } });
const facts = (observer: PodObserver, to: number) =>
  observer.facts({ from: at(0), to: at(to) }, same).map((fact) => ({ ...fact, app: fact.containers[0] }));

describe('watching the pods of a side', () => {
  it('keeps the last state of a pod that has gone', () => {
    const observer = new PodObserver('canary');
    observer.observe([pod({ ready: 1 })], at(5));
    observer.observe([], at(7));
    expect(observer.gone).to.deep.equal(['web-1']);
    expect(observer.present).to.deep.equal([]);
    expect(facts(observer, 7)[0]).to.include({ deleted: true, readyThroughout: false, readySeconds: 4 });
  });

  it('remembers that a pod was not Ready between two observations', () => {
    const observer = new PodObserver('canary');
    observer.observe([pod({ ready: 1 })], at(10));
    observer.observe([pod()], at(12));
    observer.observe([pod({ ready: 14 })], at(20));
    expect(facts(observer, 20)[0]).to.include({ readyThroughout: false, readinessLosses: 1 });
  });

  it('counts the losses of readiness, also one between two looks', () => {
    const observer = new PodObserver('canary');
    observer.observe([pod({ ready: 1 })], at(10));
    observer.observe([pod({ ready: 1 })], at(12));
    expect(facts(observer, 12)[0]?.readinessLosses).to.equal(0);
    observer.observe([pod({ ready: 13 })], at(15));
    observer.observe([pod()], at(17));
    observer.observe([pod({ ready: 18 })], at(20));
    expect(facts(observer, 20)[0]?.readinessLosses).to.equal(2);
  });

  it('counts the Ready seconds it saw of a pod that is not Ready any more', () => {
    const observer = new PodObserver('canary');
    observer.observe([pod({ ready: 1 })], at(10));
    observer.observe([pod({ ready: 1 })], at(18));
    observer.observe([pod()], at(20));
    expect(facts(observer, 20)[0]?.readySeconds).to.equal(8);
  });

  it('counts a wait from where it was first seen, across restarts and the two names of a failed pull', () => {
    const observer = new PodObserver('canary');
    observer.observe([pod()], at(1));
    observer.observe([pod({ state: waiting('CrashLoopBackOff'), restarts: 1 })], at(3));
    observer.observe([pod({ restarts: 2 })], at(6));
    observer.observe([pod({ state: waiting('CrashLoopBackOff'), restarts: 2 })], at(9));
    expect(facts(observer, 9)[0]?.app?.waitingFor).to.equal(6000);

    const pulling = new PodObserver('canary');
    pulling.observe([pod({ state: waiting('ErrImagePull') })], at(30));
    pulling.observe([pod({ state: waiting('ImagePullBackOff') })], at(35));
    expect(facts(pulling, 35)[0]?.app?.waitingFor).to.equal(5000);
  });

  it('begins anew when the reason changes, or returns without a restart', () => {
    const observer = new PodObserver('canary');
    observer.observe([pod()], at(1));
    observer.observe([pod({ state: waiting('ContainerCreating') })], at(2));
    observer.observe([pod({ state: waiting('CreateContainerConfigError') })], at(8));
    observer.observe([pod({ state: waiting('CreateContainerConfigError') })], at(10));
    expect(facts(observer, 10)[0]?.app?.waitingFor).to.equal(2000);
  });

  it('tells a start-up as over a moment after the pod turned Ready, at the latest after a minute', () => {
    const source = { pod: 'web-1', container: 'app', previous: false };
    const observer = new PodObserver('canary');
    observer.observe([pod({ ready: 10 })], at(20));
    expect(observer.startUpEnd(source)).to.equal(at(15));
    expect(observer.settledSince).to.equal(at(15));
    observer.observe([pod({ ready: 500 })], at(600));
    expect(observer.startUpEnd(source)).to.equal(at(60));
    observer.observe([pod()], at(601));
    expect(observer.startUpEnd(source)).to.equal(at(60));
    expect(observer.settledSince).to.equal(undefined);
    expect(observer.startUpEnd({ ...source, pod: 'other' })).to.equal(undefined);
  });

  it("tells how far its nodes' clocks are ahead, by what they stamped before it came to pass", () => {
    const observer = new PodObserver('canary');
    observer.observe([pod({ ready: 8 })], at(10));
    expect(observer.aheadMs).to.equal(0);
    observer.observe([pod({ ready: 8 }), pod({ name: 'web-2', started: 71, state: waiting('x') })], at(11));
    observer.observe([pod({ ready: 8 })], at(90));
    expect(observer.aheadMs).to.equal(60_000);
    observer.observe([pod({ state: { running: { startedAt: time(200) } } })], at(100));
    expect(observer.aheadMs).to.equal(100_000);
  });

  it('knows when the first pod of the side started', () => {
    const observer = new PodObserver('canary');
    expect(observer.firstStart).to.equal(undefined);
    observer.observe([pod({ started: 8 }), pod({ name: 'web-2', started: 4 })], at(10));
    expect(observer.firstStart).to.equal(at(4));
  });
});
