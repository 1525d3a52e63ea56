import { expect } from 'chai';
import { ANNOTATION_WAKE, LABEL_AWAITED } from '../../crds/v1alpha1/labels.ts';
import { stepAnalysisRun } from '../lab/argo/analysis-run.ts';
import type { AnalysisRun } from '../lab/driver/model.ts';
import type { KubeObject } from '../lab/kubernetes.ts';
import { PLUGIN_NAMES } from '../lab/system.ts';
import { API_SERVER } from './api-servers.ts';
import { eventually, System } from './system.ts';

const CONFIG = { observation: { waitSeconds: 30 } };

/** Every state of the objects of one collection from now on. */
function record(system: System, path: string, signal: AbortSignal): readonly KubeObject[] {
  const states: KubeObject[] = [];
  const follow = async (): Promise<void> => {
    for await (const { type, object } of system.lab.client.watch(path, signal)) {
      if (type === 'ADDED' || type === 'MODIFIED') states.push(object);
    }
  };
  follow().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return states;
}

/** Resolves when a record holds a state as new as this one: another watch may have brought it earlier. */
async function caughtUp(states: readonly KubeObject[], object: unknown): Promise<void> {
  const wanted = revision(object as KubeObject);
  await eventually(
    () => states.some((state) => revision(state) >= wanted),
    () => `the record never reached ${wanted}: ${states.map(revision)}`,
  );
}

/** The position of a state among all writes: both API servers count them in one sequence. */
function revision(state: KubeObject | undefined): number {
  return Number(state?.metadata.resourceVersion);
}

describe(`a measurement is woken by its verdict and by nothing else (${API_SERVER.name})`, () => {
  let system: System;
  const watching = new AbortController();
  before(async function () {
    this.timeout('30m');
    system = await System.start();
  });
  after(() => {
    watching.abort();
    return system.stop();
  });

  function watch(namespace: string) {
    const { signal } = watching;
    return {
      runs: record(system, `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/analysisruns`, signal),
      analyses: record(
        system,
        `/apis/metric-ai.argoproj-labs.io/v1alpha1/namespaces/${namespace}/canaryanalyses`,
        signal,
      ),
    };
  }

  function callsFor(run: AnalysisRun): string[] {
    const key = `${run.metadata.namespace}/${run.metadata.name}`;
    return system.argo.calls.filter(({ analysisRun }) => analysisRun === key).map(({ method }) => method);
  }

  function wakesOf(states: readonly KubeObject[]): string[] {
    const values = states.flatMap(({ metadata }) => metadata.annotations?.[ANNOTATION_WAKE] ?? []);
    return [...new Set(values)];
  }

  it('once, and its analysis is awaited until the measurement is finished', async () => {
    const rollout = await system.deploy('woken', 'crash');
    const states = watch('woken');
    const run = await system.finished(await system.measure(rollout, CONFIG));
    const released = await system.analysis(
      'woken',
      'was released',
      ({ metadata }) => metadata.labels?.[LABEL_AWAITED] === undefined,
    );
    await caughtUp(states.runs, run);
    await caughtUp(states.analyses, released);
    expect(wakesOf(states.runs)).to.have.length(1);
    expect(wakesOf(states.runs)[0]).to.contain(`woken/${released.metadata.name}`);
    expect(callsFor(run).filter((method) => method === 'Run')).to.have.length(1);
    const decided = states.analyses.find(({ status }) => status?.['verdict'] !== undefined);
    const woken = states.runs.find(({ metadata }) => metadata.annotations?.[ANNOTATION_WAKE] !== undefined);
    const finished = states.runs.find(({ status }) => JSON.stringify(status ?? {}).includes('"finishedAt"'));
    const order = [decided, woken, finished, released as unknown as KubeObject].map(revision);
    expect(order.every(Number.isInteger), `${order}`).to.equal(true);
    expect(order).to.deep.equal(order.toSorted((a, b) => a - b));
    expect(decided?.metadata.labels?.[LABEL_AWAITED]).to.equal('true');
  });

  it('for each of two metrics of one run, each with an analysis of its own, without a question in between', async () => {
    const rollout = await system.deploy('pair');
    const { runs } = watch('pair');
    const requests: string[] = [];
    const stop = system.lab.embedded?.onRequest(({ user, verb, resource, namespace }) => {
      if (user === 'argo-rollouts' && namespace === 'pair') requests.push(`${verb} ${resource}`);
    });
    const metric = (name: string, minPower: number) => ({
      name,
      plugin: PLUGIN_NAMES[0],
      config: { observation: { waitSeconds: 30, minPower } },
    });
    const created = await system.lab.apply(
      stepAnalysisRun(rollout, [metric('logs', 80), metric('errors', 50)]),
    );
    const run = await system.finished(created as unknown as AnalysisRun);
    stop?.();
    expect(run.status?.phase, JSON.stringify(run.status)).to.equal('Successful');
    const analyses = await system.analyses('pair');
    expect(analyses.map(({ spec }) => spec.measurement?.metric)).to.have.members(['logs', 'errors']);
    await caughtUp(runs, run);
    const woken = wakesOf(runs).map((value) => value.split(' ')[1]);
    // One wake may answer both: a Resume is called for every measurement in flight.
    expect(woken.length).to.be.within(1, 2);
    expect(analyses.map(({ metadata }) => `pair/${metadata.name}`)).to.include.members(woken);
    expect(callsFor(run).filter((method) => method === 'Run')).to.have.length(2);
    // Two behind the status that Run's own answer changed, and two for each wake or status that came of it.
    expect(callsFor(run).filter((method) => method === 'Resume').length).to.be.at.most(8);
    if (API_SERVER.embedded) {
      const asked = requests.filter((request) => request.endsWith(' canaryanalyses'));
      expect(asked).to.deep.equal(['create canaryanalyses', 'create canaryanalyses']);
    }
  });

  if (API_SERVER.embedded) {
    it('again after a pause when the wake was refused', async () => {
      const rollout = await system.deploy('sleepy', 'crash');
      const { runs } = watch('sleepy');
      const { faults } = system.lab.embedded ?? expect.fail('the embedded API server has faults');
      const unavailable = { status: 503 };
      // Without a verdict until Argo has nothing left to ask: a Resume for another reason would need no wake.
      const undecided = faults.add(
        { verb: 'patch', resource: 'canaryanalyses/status', namespace: 'sleepy' },
        unavailable,
      );
      const run = await system.measure(rollout, CONFIG);
      await system.waits(run);
      const refused = faults.add(
        { user: 'argo-rollouts', verb: 'patch', resource: 'analysisruns', namespace: 'sleepy' },
        unavailable,
      );
      undecided.remove();
      await system.said('plugin', ['AnalysisRun could not be woken'], 'sleepy/');
      expect(wakesOf(runs)).to.deep.equal([]);
      refused.remove();
      const finished = await system.finished(run);
      expect(finished.status?.phase).to.equal('Failed');
      await caughtUp(runs, finished);
      expect(wakesOf(runs)).to.have.length(1);
    });
  }
});
