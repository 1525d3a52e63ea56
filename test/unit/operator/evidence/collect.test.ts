import { expect } from 'chai';
import { systemClock } from '../../../../crds/client/clock.ts';
import {
  collectEvidence,
  createCluster,
  DEFAULT_READ_LIMITS,
  evidenceWindow,
  PodObserver,
} from '../../../../operator/evidence/index.ts';
import { loadKubeConfig } from '../../../../operator/kernel/kube-config.ts';
import { createKubeTransport, type KubeTransport } from '../../../../operator/kernel/kube-transport.ts';
import type { ContainerState, PodObject } from '../../../../operator/pods/pod-object.ts';
import { type Answer, json, refuse, serveHttp, type TestServer } from '../../../support/http-server.ts';

const T0 = Date.UTC(2026, 0, 1);
const at = (second: number): string => new Date(T0 + second * 1000).toISOString();
const RUNNING: ContainerState = { running: { startedAt: at(0) } };
const WAITING: ContainerState = { waiting: { reason: 'ContainerCreating' } };

function pod(name: string, state = RUNNING): PodObject {
  return {
    metadata: { name, uid: name },
    spec: { containers: [{ name: 'app' }] },
    status: { containerStatuses: [{ name: 'app', restartCount: 0, state }] },
  };
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
    given: { readonly maxPods?: number; readonly from?: number } = {},
  ) {
    const observers = { stable: new PodObserver('stable'), canary: new PodObserver('canary') };
    for (const second of [50, 100]) {
      observers.stable.observe([pod('old-1')], T0 + second * 1000);
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
        sides: { stable: side([pod('old-1')]), canary: side(canary.left) },
        limits: {
          ...DEFAULT_READ_LIMITS,
          ...(given.maxPods === undefined ? {} : { maxPods: given.maxPods }),
        },
        redact: (text) => text,
      },
      { open: () => ({ write: () => {}, end: () => {} }) },
    );
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

  it('misses nothing of a deleted pod where as many were read as may be', async () => {
    const { logsComplete, gaps } = await collect({ seen: both, left: [pod('new-1')] }, { maxPods: 1 });
    expect(logsComplete.canary).to.equal(true);
    expect(gaps).to.have.lengthOf(1);
  });

  it('misses the log of a pod that goes while it is read', async () => {
    logs = (request, response) =>
      request.path.includes('/new-2/')
        ? refuse(response, 404, 'NotFound', 'pods "new-2" not found')
        : void response.end(`${at(30)} served\n`);
    const { logsComplete } = await collect({ seen: both, left: both });
    expect(logsComplete).to.deep.equal({ stable: true, canary: false });
  });

  it('takes the Events of its own objects from every page', async () => {
    const { stable, canary } = await collect({ seen: both, left: both });
    expect(stable.events).to.deep.equal([]);
    expect(canary.events.map(({ reason }) => reason)).to.deep.equal(['R0', 'R1', 'R2']);
  });
});
