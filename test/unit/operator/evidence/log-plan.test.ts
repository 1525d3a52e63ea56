import { expect } from 'chai';
import { DEFAULT_READ_LIMITS, planLogs } from '../../../../operator/evidence/log-plan.ts';
import { evidenceWindow } from '../../../../operator/evidence/window.ts';
import type { ContainerStatus, PodObject } from '../../../../operator/pods/pod-object.ts';

const T0 = Date.UTC(2026, 0, 1);
const NOW = T0 + 3_600_000;
const WINDOW = evidenceWindow({ now: NOW, lookbackMs: 600_000, firstStart: NOW - 60_000 });

function pod(name: string, status: Partial<ContainerStatus> = {}, containers = ['app']): PodObject {
  const startedAt = new Date(T0).toISOString();
  return {
    metadata: { name, uid: name },
    spec: { containers: containers.map((container) => ({ name: container })) },
    status: {
      containerStatuses: containers.map((container) => ({
        name: container,
        state: { running: { startedAt } },
        ...status,
      })),
    },
  };
}

describe('the window of an analysis', () => {
  it("begins with the latest of look-back, the canary's first pod and the end of the analysis before", () => {
    const facts = { now: NOW, lookbackMs: 600_000 };
    expect(evidenceWindow(facts).interval).to.deep.equal({ from: NOW - 600_000, to: NOW });
    expect(WINDOW.interval.from).to.equal(NOW - 60_000);
    const later = evidenceWindow({ ...facts, firstStart: NOW - 60_000, previousEnd: NOW - 30_000 });
    expect(later.interval.from).to.equal(NOW - 30_000);
    expect(evidenceWindow({ ...facts, firstStart: NOW + 5000 }).interval).to.deep.equal({
      from: NOW,
      to: NOW,
    });
    expect(WINDOW.stableSince).to.equal(NOW - 600_000);
  });
});

describe('the logs that are read', () => {
  it('are the current one, and after a restart the one before', () => {
    const { tasks } = planLogs(
      'canary',
      [pod('a'), pod('b', { restartCount: 2 })],
      WINDOW,
      DEFAULT_READ_LIMITS,
    );
    expect(tasks.map(({ source }) => [source.pod, source.previous])).to.deep.equal([
      ['a', false],
      ['b', true],
      ['b', false],
    ]);
    expect(tasks.map(({ from }) => from)).to.deep.equal(tasks.map(() => WINDOW.interval.from));
    expect(tasks.map(({ to }) => to)).to.deep.equal([NOW, Infinity, NOW]);
  });

  it('are of stable its look-back and how it started', () => {
    const { tasks } = planLogs('stable', [pod('a')], WINDOW, DEFAULT_READ_LIMITS);
    expect(tasks).to.have.lengthOf(2);
    expect(tasks[0]).to.include({ to: WINDOW.stableSince - 1, headBytes: 256 * 1024 });
    expect(tasks[1]).to.include({ from: WINDOW.stableSince, to: NOW });
  });

  it('leave out what has not started, with a gap', () => {
    const creating = pod('a', { state: { waiting: { reason: 'ContainerCreating' } } });
    const { tasks, gaps } = planLogs('canary', [creating], WINDOW, DEFAULT_READ_LIMITS);
    expect(tasks).to.deep.equal([]);
    expect(gaps).to.deep.equal([
      'canary pod a, container app: it has not started (ContainerCreating), so it has no log',
    ]);
  });

  it('are known to have existed where a run reaches into what is read', () => {
    const at = (ms: number): string => new Date(WINDOW.interval.from + ms).toISOString();
    const existed = (status: Partial<ContainerStatus>) =>
      planLogs('canary', [pod('a', status)], WINDOW, DEFAULT_READ_LIMITS).tasks.map((task) => task.existed);
    expect(existed({})).to.deep.equal([true]);
    expect(existed({ state: {} })).to.deep.equal([false]);
    expect(existed({ state: { terminated: { finishedAt: at(-1000) } } })).to.deep.equal([false]);
    expect(existed({ state: { terminated: { finishedAt: at(0) } } })).to.deep.equal([true]);
    const restarted = (ms: number) => ({
      restartCount: 1,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { finishedAt: at(ms) } },
    });
    expect(existed(restarted(-1000))).to.deep.equal([false, false]);
    expect(existed(restarted(1000))).to.deep.equal([true, true]);
    const forgotten = (ms: number) => ({ restartCount: 1, state: { running: { startedAt: at(ms) } } });
    expect(existed(forgotten(-1000))).to.deep.equal([false, true]);
    expect(existed(forgotten(1000))).to.deep.equal([true, true]);
  });

  it('are of the same pods each time when there are too many', () => {
    const pods = Array.from({ length: 30 }, (_, index) => pod(`web-${index}`));
    const limits = { ...DEFAULT_READ_LIMITS, maxPods: 4 };
    const chosen = (some: PodObject[]) =>
      planLogs('canary', some, WINDOW, limits).tasks.map((t) => t.source.pod);
    expect(chosen(pods)).to.have.lengthOf(4);
    expect(chosen(pods.toReversed())).to.deep.equal(chosen(pods));
    expect(planLogs('canary', pods, WINDOW, limits).gaps[0]).to.include('26 of 30 pods');
  });

  it("are the application's own first when there are too many containers", () => {
    const many: PodObject = {
      ...pod('a', {}, ['app', 'shipper', 'migrate']),
      spec: {
        initContainers: [{ name: 'shipper', restartPolicy: 'Always' }, { name: 'migrate' }],
        containers: [{ name: 'app' }],
      },
    };
    const limits = { ...DEFAULT_READ_LIMITS, maxContainers: 1 };
    const { tasks, gaps } = planLogs('canary', [many], WINDOW, limits);
    expect(tasks.map(({ source }) => source.container)).to.deep.equal(['app']);
    expect(gaps[0]).to.include('2 containers were left out');
    const all = planLogs('canary', [many], WINDOW, DEFAULT_READ_LIMITS).tasks;
    expect(all.map(({ source }) => [source.container, source.kind])).to.deep.equal([
      ['app', 'app'],
      ['migrate', 'init'],
      ['shipper', 'sidecar'],
    ]);
  });

  it('are not those of known proxies, unless a proxy is all there is', () => {
    const meshed = pod('a', {}, ['istio-proxy', 'app', 'envoy']);
    const { tasks, gaps, containers } = planLogs('canary', [meshed], WINDOW, DEFAULT_READ_LIMITS);
    expect(tasks.map(({ source }) => source.container)).to.deep.equal(['app']);
    expect(containers).to.equal(1);
    expect(gaps).to.deep.equal([
      "canary: the logs of proxies are not the application's and were not compared (istio-proxy, envoy)",
    ]);
    const gateway = planLogs('canary', [pod('b', {}, ['istio-proxy'])], WINDOW, DEFAULT_READ_LIMITS);
    expect(gateway.tasks.map(({ source }) => source.container)).to.deep.equal(['istio-proxy']);
    expect(gateway.gaps).to.deep.equal([]);
  });
});
