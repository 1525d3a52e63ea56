import { expect } from 'chai';
import { assess, initialStatus, planRun, record, resultOf } from '../../../lab/driver/assess.ts';
import type {
  AnalysisRun,
  MetricSpec,
  Phase,
  RunStatus,
  StoredMeasurement,
} from '../../../lab/driver/model.ts';

const NOW = new Date('2026-01-01T00:10:00Z');
const at = (seconds: number): string => new Date(NOW.getTime() + seconds * 1000).toISOString();

function runOf(metrics: Partial<MetricSpec>[], spec: Partial<AnalysisRun['spec']> = {}): AnalysisRun {
  return {
    metadata: { name: 'web-1', namespace: 'shop', creationTimestamp: at(-5) },
    spec: {
      metrics: metrics.map((metric) => ({ name: 'ai', provider: { plugin: {} }, ...metric })),
      ...spec,
    },
  };
}

/** Runs the measurements of the first metric one after the other and assesses after each. */
function measured(run: AnalysisRun, phases: readonly Phase[]): RunStatus {
  const [metric] = run.spec.metrics;
  if (metric === undefined) throw new Error('no metric');
  return phases.reduce(
    (status, phase) => assess(run, record(run, status, { metric, call: 'Run' }, ended(phase)), NOW),
    initialStatus(run, NOW),
  );
}

function ended(phase: Phase): StoredMeasurement {
  return phase === 'Running' ? { phase, startedAt: at(0) } : { phase, startedAt: at(0), finishedAt: at(0) };
}

const calls = (run: AnalysisRun, status: RunStatus, seconds = 0): string[] =>
  planRun(run, status, NOW.getTime() + seconds * 1000, 10_000).tasks.map(({ call }) => call);

describe('the lab’s analysis controller', () => {
  it('runs a metric once when it has neither count nor interval', () => {
    const run = runOf([{}]);
    expect(calls(run, initialStatus(run, NOW))).to.deep.equal(['Run']);
    const status = measured(run, ['Successful']);
    expect(status.phase).to.equal('Successful');
    expect(calls(run, status, 1000)).to.deep.equal([]);
  });

  it('resumes a measurement in flight, and not before its time', () => {
    const run = runOf([{}]);
    const status = measured(run, ['Running']);
    expect(status.phase).to.equal('Running');
    expect(calls(run, status)).to.deep.equal(['Resume']);
    const [metric] = run.spec.metrics;
    if (metric === undefined) throw new Error('no metric');
    const later = record(
      run,
      initialStatus(run, NOW),
      { metric, call: 'Run' },
      { phase: 'Running', resumeAt: at(5) },
    );
    expect(calls(run, later)).to.deep.equal([]);
    expect(planRun(run, later, NOW.getTime(), 10_000).nextAt).to.equal(NOW.getTime() + 5_000);
  });

  it('puts the answer of a Resume in the place of the measurement it resumed', () => {
    const run = runOf([{}]);
    const status = measured(run, ['Running']);
    const [task] = planRun(run, status, NOW.getTime(), 10_000).tasks;
    if (task === undefined) throw new Error('nothing to do');
    const after = record(run, status, task, ended('Failed'));
    expect(resultOf(after, 'ai')?.measurements).to.deep.equal([ended('Failed')]);
    expect(resultOf(after, 'ai')).to.include({ count: 1, failed: 1 });
  });

  it('measures again after the interval, counted from the end of the one before', () => {
    const run = runOf([{ interval: '30s', count: 2 }]);
    const status = measured(run, ['Successful']);
    expect(status.phase).to.equal('Running');
    expect(calls(run, status, 29)).to.deep.equal([]);
    expect(calls(run, status, 30)).to.deep.equal(['Run']);
    expect(measured(run, ['Successful', 'Successful']).phase).to.equal('Successful');
  });

  it('waits for the initial delay', () => {
    const run = runOf([{ initialDelay: '8s' }]);
    expect(calls(run, initialStatus(run, NOW), 2)).to.deep.equal([]);
    expect(calls(run, initialStatus(run, NOW), 3)).to.deep.equal(['Run']);
  });

  it('repeats an error after its own pause and gives up at the fifth in a row', () => {
    const run = runOf([{}]);
    const four = measured(run, ['Error', 'Error', 'Error', 'Error']);
    expect(four.phase).to.equal('Running');
    expect(calls(run, four, 9)).to.deep.equal([]);
    expect(calls(run, four, 10)).to.deep.equal(['Run']);
    const five = measured(run, ['Error', 'Error', 'Error', 'Error', 'Error']);
    expect(five.phase).to.equal('Error');
    expect(five.message).to.include('consecutiveErrors (5) > consecutiveErrorLimit (4)');
  });

  it('does not count errors as measurements, and a success ends their row', () => {
    const run = runOf([{ count: 2, interval: '1s' }]);
    const status = measured(run, ['Error', 'Error', 'Successful', 'Error']);
    expect(resultOf(status, 'ai')).to.include({ count: 1, error: 3, consecutiveError: 1 });
  });

  const limits: [Partial<MetricSpec>, readonly Phase[], Phase][] = [
    [{}, ['Failed'], 'Failed'],
    [{ failureLimit: 1, count: 2, interval: '1s' }, ['Failed', 'Successful'], 'Successful'],
    [{ failureLimit: '1', count: 3, interval: '1s' }, ['Failed', 'Failed'], 'Failed'],
    [{ failureLimit: -1, count: 1 }, ['Failed'], 'Successful'],
    [{}, ['Inconclusive'], 'Inconclusive'],
    [{ inconclusiveLimit: 1, count: 2, interval: '1s' }, ['Inconclusive', 'Successful'], 'Successful'],
    [{ consecutiveErrorLimit: 0 }, ['Error'], 'Error'],
  ];
  for (const [metric, phases, phase] of limits) {
    it(`ends ${phase} after ${phases.join(', ')} with ${JSON.stringify(metric)}`, () => {
      expect(measured(runOf([metric]), phases).phase).to.equal(phase);
    });
  }

  it('terminates what is in flight when it is told to end, and is successful when nothing failed', () => {
    const run = runOf([{}], { terminate: true });
    const status = measured(runOf([{}]), ['Running']);
    expect(calls(run, status)).to.deep.equal(['Terminate']);
    expect(calls(run, initialStatus(run, NOW))).to.deep.equal([]);
    const over = assess(run, initialStatus(run, NOW), NOW);
    expect(over).to.include({ phase: 'Successful', message: 'Run Terminated' });
  });

  it('terminates the others when one metric fails, and takes the worst for the run', () => {
    const run = runOf([{ name: 'bad' }, { name: 'slow' }]);
    const [bad, slow] = run.spec.metrics;
    if (bad === undefined || slow === undefined) throw new Error('no metrics');
    let status = record(run, initialStatus(run, NOW), { metric: bad, call: 'Run' }, ended('Failed'));
    status = assess(run, record(run, status, { metric: slow, call: 'Run' }, ended('Running')), NOW);
    const { tasks } = planRun(run, status, NOW.getTime(), 10_000);
    expect(tasks.map(({ metric, call }) => `${metric.name} ${call}`)).to.deep.equal(['slow Terminate']);
    const [task] = tasks;
    if (task === undefined) throw new Error('nothing to do');
    expect(assess(run, record(run, status, task, ended('Inconclusive')), NOW).phase).to.equal('Failed');
  });

  it('forgives a dry run', () => {
    const run = runOf([{}], { dryRun: [{ metricName: 'a.*' }] });
    const status = measured(run, ['Failed']);
    expect(resultOf(status, 'ai')).to.include({ dryRun: true, phase: 'Failed' });
    expect(status.phase).to.equal('Successful');
  });
});
