import { expect } from 'chai';
import { readBundle } from '../../../../operator/bundle/index.ts';
import type { LogSink, LogSource } from '../../../../operator/model.ts';
import { removeAll, temporaryBundle } from './temporary-bundle.ts';

const T0 = Date.parse('2026-01-01T00:00:00Z');
const span = { stable: { from: T0, to: T0 + 60_000 }, canary: { from: T0, to: T0 + 30_000 } };
const same = (text: string): string => text;

const pod = (status: object): string =>
  JSON.stringify({
    metadata: { name: 'other', uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z', deletionTimestamp: null },
    spec: { containers: [{ name: 'web', image: 'shop:2' }, { name: 'istio-proxy' }] },
    status: { phase: 'Running', startTime: '2026-01-01T00:00:01Z', ...status },
  });

class Collected implements LogSink {
  readonly texts: string[] = [];
  open(source: LogSource): { write(chunk: Uint8Array): void; end(): void } {
    const chunks: Uint8Array[] = [];
    return {
      write: (chunk) => chunks.push(chunk),
      end: () => {
        const { side, pod, container, kind, previous } = source;
        this.texts.push(
          `${side} ${pod} ${container} ${kind} ${previous}: ${Buffer.concat(chunks).toString()}`,
        );
      },
    };
  }
}

describe('readBundle', () => {
  const dirs: string[] = [];
  const write = async (files: Record<string, string>): Promise<string> => {
    const dir = await temporaryBundle(files);
    dirs.push(dir);
    return dir;
  };
  const refusal = async (files: Record<string, string>): Promise<string> => {
    const dir = await write(files);
    const error = await readBundle(dir).then(
      () => new Error('was read'),
      (e: unknown) => e,
    );
    expect(error).to.include({ code: 'BUNDLE_INVALID' });
    return error instanceof Error ? error.message.replace(dir, 'DIR') : '';
  };
  afterEach(() => removeAll(dirs.splice(0)));

  it('hands every log to the sink, the run before first', async () => {
    const bundle = await readBundle(
      await write({
        'stable/a/web.log': 'one',
        'canary/b/web.log': 'new',
        'canary/b/web.previous.log': 'old',
        'canary/b/.hidden.log': 'no',
        'expected.json': 'not even JSON',
      }),
    );
    const sink = new Collected();
    await bundle.stream(sink);
    expect(sink.texts).to.deep.equal([
      'stable a web app false: one',
      'canary b web app true: old',
      'canary b web app false: new',
    ]);
    const { read } = bundle.evidence(span, same);
    expect(read.canary).to.deep.equal({ podsFound: 1, podsRead: 1, containers: 1, bytes: 6 });
  });

  it('leaves out the logs of known proxies and says so, unless a pod has nothing else', async () => {
    const bundle = await readBundle(
      await write({
        'stable/a/web.log': 'one',
        'stable/a/envoy.log': 'proxy',
        'canary/b/istio-proxy.log': 'proxy',
        'canary/b/pod.json': pod({}),
        'canary/c/envoy.log': 'gateway',
      }),
    );
    const sink = new Collected();
    await bundle.stream(sink);
    expect(sink.texts).to.deep.equal([
      'stable a web app false: one',
      'canary c envoy sidecar false: gateway',
    ]);
    const { gaps, logsComplete } = bundle.evidence(span, same);
    expect(gaps).to.deep.equal([
      "stable: the logs of proxies are not the application's and were not compared (envoy)",
      "canary: the logs of proxies are not the application's and were not compared (istio-proxy)",
    ]);
    expect(logsComplete, 'the log of web is missing').to.deep.equal({ stable: true, canary: false });
  });

  it('counts a pod as Ready when it is known by its logs alone', async () => {
    const bundle = await readBundle(await write({ 'stable/a/web.log': '', 'canary/b/web.log': '' }));
    const evidence = bundle.evidence(span, same);
    expect(evidence.canary.pods[0]).to.include({ ready: true, readyThroughout: true, readySeconds: 30 });
    expect(evidence).to.deep.include({
      baseline: 'Pods',
      logsComplete: { stable: true, canary: true },
      gaps: [],
    });
  });

  it('takes facts from pod.json, events.json and change.json', async () => {
    const waiting = { reason: 'CrashLoopBackOff', message: 'back-off' };
    const terminated = {
      exitCode: 1,
      reason: 'Error',
      startedAt: '2026-01-01T00:00:05Z',
      finishedAt: '2026-01-01T00:00:10Z',
    };
    const crashing = {
      conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-01-01T00:00:02Z' }],
      containerStatuses: [{ name: 'web', restartCount: 4, state: { waiting }, lastState: { terminated } }],
    };
    const event = {
      involvedObject: { kind: 'Pod', name: 'b' },
      type: 'Warning',
      reason: 'BackOff',
      message: 'Back-off restarting',
      count: 7,
      eventTime: null,
      lastTimestamp: '2026-01-01T00:00:20Z',
    };
    const template = (image: string): object => ({ spec: { containers: [{ name: 'web', image }] } });
    const bundle = await readBundle(
      await write({
        'stable/a/web.log': '',
        'canary/b/web.log': '',
        'canary/b/pod.json': pod(crashing),
        'canary/events.json': JSON.stringify({ items: [event] }),
        'change.json': JSON.stringify({ stable: template('shop:1'), canary: template('shop:2') }),
      }),
    );
    const { canary, change } = bundle.evidence(span, same);
    expect(canary.pods[0]).to.include({ name: 'b', ready: false, readySeconds: 0 });
    expect(canary.pods[0]?.containers[0]).to.include({
      restarts: 4,
      waitingReason: 'CrashLoopBackOff',
      waitingFor: 50_000,
    });
    expect(canary.pods[0]?.containers[1]).to.include({ kind: 'sidecar' });
    expect(canary.events[0]).to.include({
      object: 'Pod/b',
      reason: 'BackOff',
      count: 7,
      lastSeen: T0 + 20_000,
    });
    expect(change).to.deep.equal([{ path: 'containers[web].image', before: 'shop:1', after: 'shop:2' }]);
    const log: LogSource = { side: 'canary', pod: 'b', container: 'web', kind: 'app', previous: true };
    expect(bundle.startedAt(log)).to.equal(T0 + 5_000);
  });

  it('has no baseline without stable pods and names strange files as unseen', async () => {
    const bundle = await readBundle(
      await write({ 'canary/b/web.log': '', 'canary/b/notes.txt': '', 'canary/x.md': '' }),
    );
    const evidence = bundle.evidence({ stable: undefined, canary: undefined }, same);
    expect(evidence.baseline).to.equal('None');
    expect(evidence.gaps).to.deep.equal([
      'canary/b/notes.txt is no part of a bundle and was not read',
      'canary/x.md is no part of a bundle and was not read',
    ]);
  });

  it('does not call logs complete for a pod that has none', async () => {
    const bundle = await readBundle(await write({ 'stable/a/web.log': '', 'canary/b/pod.json': pod({}) }));
    expect(bundle.evidence(span, same).logsComplete).to.deep.equal({ stable: true, canary: false });
  });

  it('names the file that is wrong', async () => {
    const canary = { 'canary/b/web.log': '' };
    expect(await refusal({ 'README.md': '' })).to.equal(
      'DIR is not a bundle: it has neither stable/ nor canary/',
    );
    expect(await refusal({ stable: 'a file' })).to.equal('DIR/stable must be a directory');
    expect(await refusal({ 'canary/b/web.log/x': '' })).to.match(/^DIR\/canary\/b\/web\.log must be a file/);
    expect(await refusal({ ...canary, 'canary/b/pod.json': '{' })).to.equal(
      'DIR/canary/b/pod.json: is not JSON',
    );
    expect(await refusal({ ...canary, 'canary/b/pod.json': '[]' })).to.equal(
      'DIR/canary/b/pod.json: the content must be an object',
    );
    expect(
      await refusal({ ...canary, 'canary/b/pod.json': '{"spec":{"containers":[{"name":7}]}}' }),
    ).to.equal('DIR/canary/b/pod.json: spec.containers[0].name must be a string');
    expect(await refusal({ ...canary, 'canary/events.json': '{}' })).to.equal(
      'DIR/canary/events.json: the content lacks items',
    );
    expect(await refusal({ ...canary, 'change.json': '{"stable":{"spec":{"containers":{}}}}' })).to.equal(
      'DIR/change.json: stable.spec.containers must be a list',
    );
  });

  it('says when the directory does not exist', async () => {
    const dir = await write({ 'canary/b/web.log': '' });
    const error = await readBundle(`${dir}/nowhere`).catch((e: unknown) => e);
    expect(error).to.include({ code: 'BUNDLE_INVALID', message: `${dir}/nowhere does not exist` });
  });

  it('stops when told to', async () => {
    const bundle = await readBundle(await write({ 'canary/b/web.log': 'x' }));
    const error = await bundle.stream(new Collected(), AbortSignal.abort()).catch((e: unknown) => e);
    expect(error).to.include({ name: 'AbortError' });
  });
});
