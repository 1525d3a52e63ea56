import { expect } from 'chai';
import { systemClock } from '../../../../crds/client/clock.ts';
import { createDistiller } from '../../../../operator/distill/index.ts';
import {
  collectEvidence,
  createCluster,
  DEFAULT_READ_LIMITS,
  evidenceWindow,
  PodObserver,
} from '../../../../operator/evidence/index.ts';
import { assess } from '../../../../operator/judge/index.ts';
import { loadKubeConfig } from '../../../../operator/kernel/kube-config.ts';
import { createKubeTransport, type KubeTransport } from '../../../../operator/kernel/kube-transport.ts';
import type { LogSink } from '../../../../operator/model.ts';
import type { ContainerState, ContainerStatus, PodObject } from '../../../../operator/pods/pod-object.ts';
import { createRedactor } from '../../../../operator/redact/index.ts';
import { type Answer, json, refuse, serveHttp, type TestServer } from '../../../support/http-server.ts';

const T0 = Date.UTC(2026, 0, 1);
const at = (second: number): string => new Date(T0 + second * 1000).toISOString();
const RUNNING: ContainerState = { running: { startedAt: at(0) } };
const WAITING: ContainerState = { waiting: { reason: 'ContainerCreating' } };

function pod(name: string, state = RUNNING, status: Partial<ContainerStatus> = {}): PodObject {
  return {
    metadata: { name, uid: name },
    spec: { containers: [{ name: 'app' }] },
    status: { containerStatuses: [{ name: 'app', restartCount: 0, state, ...status }] },
  };
}

/** A pod whose container ended with code 1 at that second and runs again. */
function restarted(name: string, second: number, restartCount = 1): PodObject {
  const terminated = { reason: 'Error', exitCode: 1, startedAt: at(0), finishedAt: at(second) };
  return pod(name, { running: { startedAt: at(second) } }, { restartCount, lastState: { terminated } });
}

describe('collecting what happened in the window', () => {
  let server: TestServer;
  let transport: KubeTransport;
  let logs: Answer;

  before(async () => {
    server = await serveHttp((request, response) => {
      if (!request.path.endsWith('/events')) return logs(request, response);
      const page = Number(request.query['continue'] ?? 0);
      const event = { lastTimestamp: at(60), reason: `R${page}` };
      json(response, 200, {
        metadata: page < 2 ? { continue: String(page + 1) } : {},
        items: [
          { ...event, metadata: { name: `a${page}` }, involvedObject: { uid: 'stranger' } },
          { ...event, metadata: { name: `b${page}` }, involvedObject: { uid: 'new-1' } },
        ],
      });
    });
    transport = createKubeTransport(loadKubeConfig({ server: server.url }, {}));
  });
  beforeEach(() => {
    logs = (_request, response) => void response.end(`${at(30)} served\n`);
  });
  after(async () => {
    transport.close();
    await server.close();
  });

  /** What is collected at second 100 of pods that were there at second 50 and of those that still are. */
  async function collect(
    canary: { readonly seen: readonly PodObject[]; readonly left: readonly PodObject[] },
    given: {
      readonly maxPods?: number;
      readonly maxBytes?: number;
      readonly from?: number;
      readonly sink?: LogSink;
      /** The canary's pods when all logs have been read; `left` when absent. */
      readonly afterwards?: readonly PodObject[];
      /** Stable's pods; one that stays when absent. */
      readonly stable?: { readonly seen: readonly PodObject[]; readonly left: readonly PodObject[] };
    } = {},
  ) {
    const observers = { stable: new PodObserver('stable'), canary: new PodObserver('canary') };
    const stable = given.stable ?? { seen: [pod('old-1')], left: [pod('old-1')] };
    for (const second of [50, 100]) {
      observers.stable.observe(second === 50 ? stable.seen : stable.left, T0 + second * 1000);
      observers.canary.observe(second === 50 ? canary.seen : canary.left, T0 + second * 1000);
    }
    const side = (pods: readonly PodObject[]) => ({ pods, replicaSets: [], leftOut: 0 });
    return collectEvidence(
      createCluster(transport, systemClock),
      {
        namespace: 'shop',
        window: evidenceWindow({
          now: T0 + 200_000,
          lookbackMs: 200_000,
          firstStart: T0 + (given.from ?? 0) * 1000,
        }),
        observers,
        sides: { stable: side(stable.left), canary: side(canary.left) },
        limits: {
          ...DEFAULT_READ_LIMITS,
          ...(given.maxPods === undefined ? {} : { maxPods: given.maxPods }),
          ...(given.maxBytes === undefined ? {} : { maxBytesPerContainer: given.maxBytes }),
        },
        redact: (text) => text,
        relist: () =>
          Promise.resolve({ stable: side(stable.left), canary: side(given.afterwards ?? canary.left) }),
      },
      given.sink ?? { open: () => ({ write: () => {}, end: () => {} }) },
    );
  }

  /** What the judge says of a collection, with the number of lines of each side. */
  async function judge(left: readonly PodObject[], afterwards = left) {
    const window = { from: T0, to: T0 + 200_000 };
    const distiller = createDistiller({
      windows: { stable: window, canary: window },
      redactor: createRedactor({ rules: [] }),
    });
    const evidence = await collect({ seen: left, left }, { sink: distiller, afterwards });
    const distilled = distiller.result();
    const { assessment, findings } = assess({ evidence, distilled, minPower: 0, look: 1 });
    return { evidence, distilled, assessment, findings };
  }

  const both = [pod('new-1'), pod('new-2')];

  it('is complete when every log was read', async () => {
    const { logsComplete, gaps } = await collect({ seen: both, left: both });
    expect(logsComplete).to.deep.equal({ stable: true, canary: true });
    expect(gaps).to.deep.equal([]);
  });

  it('misses the log of a pod that was deleted while it was observed', async () => {
    const { logsComplete, gaps } = await collect({ seen: both, left: [pod('new-1')] });
    expect(logsComplete).to.deep.equal({ stable: true, canary: false });
    expect(gaps).to.deep.equal(['canary pod new-2: it was deleted before its logs were read']);
  });

  it('misses nothing of a deleted pod that had not started, or had gone before the window', async () => {
    const waiting = [pod('new-1'), pod('new-2', WAITING)];
    expect((await collect({ seen: waiting, left: [pod('new-1')] })).logsComplete.canary).to.equal(true);
    const earlier = await collect({ seen: both, left: [pod('new-1')] }, { from: 150 });
    expect(earlier.logsComplete.canary).to.equal(true);
  });

  it('misses nothing of a deleted pod of stable where as many were read as may be, but of the canary', async () => {
    const { logsComplete, gaps } = await collect(
      { seen: both, left: [pod('new-1')] },
      { maxPods: 1, stable: { seen: [pod('old-1'), pod('old-2')], left: [pod('old-1')] } },
    );
    expect(logsComplete).to.deep.equal({ stable: true, canary: false });
    expect(gaps).to.have.lengthOf(2);
  });

  it('names the pods of which a log was read, and says where one was cut', async () => {
    logs = (request, response) =>
      request.path.includes('new-2')
        ? json(response, 403, { kind: 'Status', message: 'not allowed' })
        : void response.end(`${at(30)} ${'served '.repeat(100)}\n`.repeat(20));
    const whole = await collect({ seen: both, left: both });
    expect(whole.canary.podsRead).to.deep.equal(['new-1']);
    expect(whole.stable).to.deep.include({ podsRead: ['old-1'] });
    expect(whole.canary.cut).to.equal(undefined);
    const { canary, logsComplete } = await collect(
      { seen: [pod('new-1')], left: [pod('new-1')] },
      { maxBytes: 5000 },
    );
    expect(canary.cut).to.equal(true);
    expect(logsComplete.canary).to.equal(true);
  });

  it('misses the log of a pod that goes while it is read', async () => {
    logs = (request, response) =>
      request.path.includes('/new-2/')
        ? refuse(response, 404, 'NotFound', 'pods "new-2" not found')
        : void response.end(`${at(30)} served\n`);
    const { logsComplete } = await collect({ seen: both, left: both });
    expect(logsComplete).to.deep.equal({ stable: true, canary: false });
  });

  describe('of stable, which is scaled down meanwhile,', () => {
    const two = [pod('old-1'), pod('old-2')];
    const canary = { seen: both, left: both };
    const going = { ...pod('old-2'), metadata: { name: 'old-2', uid: 'old-2', deletionTimestamp: at(80) } };

    it('misses nothing where another of its pods was read, and names the one that went', async () => {
      const { logsComplete, gaps, read } = await collect(canary, {
        stable: { seen: two, left: [pod('old-1')] },
      });
      expect(logsComplete).to.deep.equal({ stable: true, canary: true });
      expect(gaps).to.deep.equal(['stable pod old-2: it was deleted before its logs were read']);
      expect(read.stable).to.include({ podsFound: 2, podsRead: 1 });
    });

    it('misses nothing where one goes while it is read', async () => {
      logs = (request, response) =>
        request.path.includes('/old-2/')
          ? refuse(response, 404, 'NotFound', 'pods "old-2" not found')
          : void response.end(`${at(30)} served\n`);
      const { logsComplete, gaps } = await collect(canary, {
        stable: { seen: two, left: [pod('old-1'), going] },
      });
      expect(logsComplete).to.deep.equal({ stable: true, canary: true });
      expect(gaps).to.deep.equal(['stable pod old-2, container app: the pod has gone and its log with it']);
    });

    it('is incomplete where no other pod was read whole', async () => {
      logs = (request, response) =>
        request.path.includes('/old-')
          ? refuse(response, 404, 'NotFound', 'pods not found')
          : void response.end(`${at(30)} served\n`);
      const { logsComplete } = await collect(canary, { stable: { seen: two, left: [pod('old-1')] } });
      expect(logsComplete.stable).to.equal(false);
    });

    it('is incomplete all the same where the log of a pod that stays is refused', async () => {
      logs = (request, response) =>
        request.path.includes('/old-1/')
          ? refuse(response, 403, 'Forbidden', 'pods "old-1" is forbidden')
          : void response.end(`${at(30)} served\n`);
      const { logsComplete } = await collect(canary, { stable: { seen: two, left: two } });
      expect(logsComplete.stable).to.equal(false);
    });
  });

  describe('of a container that restarts between the look at the pods and the reading of its log', () => {
    /** The canary's logs from that moment on: the one of the run that ended, and the one of the run that has just begun. */
    function crashing(ended: string, running = `${at(203)} INFO starting\n`): void {
      logs = (request, response) => {
        const isCanary = request.path.includes('/new-1/');
        const log = request.query['previous'] === 'true' ? ended : running;
        response.end(isCanary ? log : `${at(30)} INFO served\n`);
      };
    }
    const ERROR = `${at(201)} ERROR cannot open database\n`;

    it('takes the last words of the run before, though it ended after the window', async () => {
      crashing(`${at(60)} INFO served\n${ERROR}`);
      const { assessment, findings } = await judge([restarted('new-1', 50)], [restarted('new-1', 201, 2)]);
      expect(assessment).to.equal('Blocking');
      expect(findings[0]).to.include({ kind: 'LastWords', canaryCount: 0 });
      expect(findings[0]?.message).to.match(
        /^canary exits with code 1 after logging `.*cannot open database/,
      );
      expect(findings[0]?.message).not.to.include('0 times');
    });

    it('reads the run that went on at the look, though its log has become that of the run before', async () => {
      crashing(`${at(60)} INFO served\n${ERROR}`);
      const { assessment, distilled, evidence } = await judge([pod('new-1')], [restarted('new-1', 201)]);
      expect(assessment).to.equal('Blocking');
      expect(distilled.templates.find(({ text }) => text.includes('served'))?.canary.count).to.equal(1);
      expect(evidence.gaps).to.deep.equal([]);
      expect(evidence.canary.pods[0]?.containers[0]).to.include({ restarts: 1 });
    });

    it('counts no line twice of a run whose log was read before it ended', async () => {
      crashing(`${at(60)} INFO served\n${ERROR}`, `${at(60)} INFO served\n`);
      const { assessment, distilled } = await judge([pod('new-1')], [restarted('new-1', 201)]);
      expect(assessment).to.equal('Blocking');
      expect(distilled.templates.find(({ text }) => text.includes('served'))?.canary.count).to.equal(1);
    });

    it('misses the run before, where the next one has taken its place', async () => {
      crashing(`${at(60)} INFO served\n${ERROR}`);
      const { evidence } = await judge([restarted('new-1', 50)], [restarted('new-1', 201, 2)]);
      expect(evidence.logsComplete.canary).to.equal(false);
      expect(evidence.gaps).to.deep.equal([
        'canary pod new-1, container app (previous): it restarted while the logs were read, and its log is gone',
      ]);
    });

    it('misses the runs that came and went', async () => {
      crashing(ERROR);
      const { evidence } = await judge([pod('new-1')], [restarted('new-1', 201, 3)]);
      expect(evidence.logsComplete.canary).to.equal(false);
      expect(evidence.gaps[0]).to.include('it restarted 3 times while the logs were read');
    });

    it('misses nothing of a pod that goes when its log has been read', async () => {
      logs = (_request, response) => void response.end(`${at(30)} INFO served\n`);
      const { evidence } = await judge([pod('new-1')], []);
      expect(evidence.logsComplete.canary).to.equal(true);
      expect(evidence.gaps).to.deep.equal([]);
      expect(evidence.canary.pods[0]).to.include({ deleted: true });
    });
  });

  it('takes the Events of its own objects from every page', async () => {
    const { stable, canary } = await collect({ seen: both, left: both });
    expect(stable.events).to.deep.equal([]);
    expect(canary.events.map(({ reason }) => reason)).to.deep.equal(['R0', 'R1', 'R2']);
  });
});
