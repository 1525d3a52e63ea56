import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { CodedError } from '../../../../crds/errors.ts';
import type { CanaryAnalysis } from '../../../../crds/v1alpha1/canary-analysis.ts';
import type { CanaryAnalysisStatus } from '../../../../crds/v1alpha1/status.ts';
import { AnalysisController } from '../../../../operator/analysis/analysis-controller.ts';
import type { Deps } from '../../../../operator/analysis/deps.ts';
import { NO_METRICS } from '../../../../operator/analysis/metrics.ts';
import { Mirror } from '../../../../operator/analysis/mirror.ts';
import { StatusWriter } from '../../../../operator/analysis/status-writer.ts';
import type { AnalysisRunObject } from '../../../../operator/evidence/index.ts';
import { silentLogger } from '../../../../operator/kernel/logger.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { analysis, at } from './builders.ts';

/** Far more turns of the event loop than anything here needs; a loop without a pause goes round in each. */
const TURNS = 300;
const REPORT_RETRY_MS = 10_000;

type WatchEvent = { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: CanaryAnalysis };

/** A person's analysis of that status, as the mirror or the API server has it. */
function version(resourceVersion: string, status?: CanaryAnalysisStatus): CanaryAnalysis {
  const { metadata, ...rest } = analysis(status === undefined ? {} : { status });
  const spec = { gitHub: { url: 'https://github.com/acme/shop' } };
  return { ...rest, metadata: { ...metadata, resourceVersion }, spec };
}

function aborted(reported?: string): CanaryAnalysisStatus {
  const condition = { type: 'Reported', status: 'False', message: '', lastTransitionTime: at(2) } as const;
  return {
    verdict: 'Abort',
    reason: 'Regression',
    completionTime: at(1),
    ...(reported === undefined ? {} : { conditions: [{ ...condition, reason: reported }] }),
  };
}

/** A controller whose mirror shows what it is told, whatever reads of the object itself answer. */
class Stage {
  readonly clock = new FakeClock();
  reads = 0;
  writes = 0;
  issues = 0;
  read: () => Promise<CanaryAnalysis>;
  readonly #events: WatchEvent[] = [];
  #more = Promise.withResolvers<void>();
  readonly #stopping = new AbortController();
  readonly #running: Promise<unknown>;

  constructor(mirrored: CanaryAnalysis, read: () => Promise<CanaryAnalysis>) {
    this.read = read;
    const { clock } = this;
    const analyses = new Mirror<CanaryAnalysis>(
      {
        clock,
        client: {
          listAll: () => Promise.resolve({ metadata: { resourceVersion: '1' }, items: [mirrored] }),
          watch: () => this.#watch(),
        },
      },
      undefined,
    );
    const runs = new Mirror<AnalysisRunObject>(
      {
        clock,
        client: {
          listAll: () => Promise.reject(new Error('not listed')),
          watch: () => this.#watch() as never,
        },
      },
      [],
    );
    const client = {
      get: async () => {
        this.reads++;
        await setImmediate();
        return this.read();
      },
      patch: () => {
        this.writes++;
        return Promise.reject(new CodedError('API_FORBIDDEN', 'patch is forbidden'));
      },
    };
    const deps: unknown = {
      clock,
      config: {},
      logger: silentLogger,
      metrics: NO_METRICS,
      analyses: client,
      writer: new StatusWriter(client, clock),
      siblings: () => analyses.list(),
      redact: (text: string) => text,
      timings: { reportRetryMs: REPORT_RETRY_MS },
      reporter: {
        reportIssue: () => {
          this.issues++;
          return Promise.reject(new CodedError('GITHUB_UNAVAILABLE', 'GitHub asks to wait'));
        },
      },
    };
    const controller = new AnalysisController({ deps: deps as Deps, name: 'canaryanalysis', analyses, runs });
    const { signal } = this.#stopping;
    this.#running = Promise.all([analyses.run(signal), controller.run(signal)]);
  }

  async *#watch(): AsyncGenerator<WatchEvent, void, undefined> {
    for (;;) {
      await this.#more.promise;
      if (this.#stopping.signal.aborted) return;
      const event = this.#events.shift();
      if (event !== undefined) yield event;
      if (this.#events.length === 0) this.#more = Promise.withResolvers<void>();
    }
  }

  /** Lets the mirror see something. */
  show(type: WatchEvent['type'], object: CanaryAnalysis): void {
    this.#events.push({ type, object });
    this.#more.resolve();
  }

  /** Lets everything happen that does not wait for the clock; returns the reads so far. */
  async settle(): Promise<number> {
    for (let turn = 0; turn < TURNS; turn++) await setImmediate();
    return this.reads;
  }

  /** Moves the clock on and lets everything happen; returns the reads so far. */
  async after(ms: number): Promise<number> {
    await this.clock.advance(ms);
    return this.settle();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#more.resolve();
    await this.#running;
  }
}

const denied = (): Promise<never> =>
  Promise.reject(new CodedError('API_FORBIDDEN', 'get canaryanalyses is forbidden'));

describe('the controller of analyses', () => {
  let stage: Stage;
  afterEach(() => stage.stop());

  it('waits longer each time when the analysis to report cannot be read', async () => {
    stage = new Stage(version('1', aborted()), denied);
    expect(await stage.settle()).to.equal(1);
    expect(await stage.after(REPORT_RETRY_MS - 1)).to.equal(1);
    expect(await stage.after(1)).to.equal(2);
    expect(await stage.after(REPORT_RETRY_MS)).to.equal(2);
    expect(await stage.after(REPORT_RETRY_MS)).to.equal(3);
  });

  it('waits when neither the report nor its failure can be written', async () => {
    stage = new Stage(version('1', aborted()), () => Promise.resolve(version('1', aborted())));
    await stage.settle();
    expect(stage.issues).to.equal(1);
    await stage.after(REPORT_RETRY_MS);
    expect(stage.issues).to.equal(2);
  });

  it('forgets with an analysis how often its report has failed', async () => {
    stage = new Stage(version('1', aborted()), denied);
    expect(await stage.settle()).to.equal(1);
    stage.show('DELETED', version('2', aborted()));
    await stage.settle();
    stage.show('ADDED', version('3', aborted()));
    expect(await stage.settle()).to.equal(2);
  });

  it('asks ever more rarely while the mirror lags behind a verdict', async () => {
    stage = new Stage(version('1'), () => Promise.resolve(version('2', aborted('DryRun'))));
    expect(await stage.settle()).to.equal(1);
    expect(await stage.after(999)).to.equal(1);
    expect(await stage.after(1)).to.equal(2);
    expect(await stage.after(1000)).to.equal(2);
    expect(await stage.after(1000)).to.equal(3);
  });

  it('acts at once on what the mirror shows, however long it has lagged', async () => {
    stage = new Stage(version('1'), () => Promise.resolve(version('3', aborted('DryRun'))));
    await stage.settle();
    expect(await stage.after(1000)).to.equal(2);
    stage.show('MODIFIED', version('2'));
    expect(await stage.settle()).to.equal(3);
    stage.show('MODIFIED', version('3', aborted('DryRun')));
    await stage.settle();
    expect(await stage.after(60_000)).to.equal(3);
  });

  it('says that it failed when the deadline comes, not when the pause after the last failure is over', async () => {
    const young = version('1');
    const creationTimestamp = new Date(new FakeClock().now()).toISOString();
    const spec = { ...young.spec, timeoutSeconds: 50 };
    stage = new Stage({ ...young, spec, metadata: { ...young.metadata, creationTimestamp } }, denied);
    await stage.settle();
    for (const ms of [1000, 2000, 4000, 8000, 16_000]) await stage.after(ms);
    expect(await stage.after(17_999)).to.equal(6);
    expect(stage.writes).to.equal(0);
    await stage.after(1);
    expect(stage.writes).to.equal(1);
  });

  it('posts nothing again while the mirror lags behind a report that is settled', async () => {
    stage = new Stage(version('1', aborted()), () => Promise.resolve(version('2', aborted('Refused'))));
    expect(await stage.settle()).to.equal(1);
    expect(await stage.after(REPORT_RETRY_MS)).to.equal(2);
    expect(stage.issues).to.equal(0);
  });
});
