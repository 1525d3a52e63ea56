import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { requireHost, runScenario, type ValuesReport } from './host.ts';

const ANALYSIS_RUN = fileURLToPath(new URL('analysis-run.json', import.meta.url));

/** The stub plugin, with flags. */
function stub(...flags: string[]): string[] {
  return [process.execPath, fileURLToPath(new URL('stub-plugin.ts', import.meta.url)), '--quiet', ...flags];
}

describe('the plugin protocol at its limits', () => {
  let host: string;

  before(async function () {
    this.timeout('30m');
    host = await requireHost(this);
  });

  it('answers 10,000 calls in turn, 10,000 of 30 callers and 12,000 pings, each with its own answer', async function () {
    this.timeout('120s');
    const report = await runScenario(host, 'soak', {
      plugin: stub(),
      analysisRun: ANALYSIS_RUN,
      calls: 10_000,
    });
    expect(report).to.deep.include({ sequential: 10_000, concurrent: 10_000, pings: 12_000, wrong: [] });
    expect(report.killMs).to.be.lessThan(2000);
  });

  describe('decodes what Go encodes:', () => {
    let reports: ReadonlyMap<string, ValuesReport>;

    before(async () => {
      const all = await runScenario(host, 'values', { plugin: stub('--echo') });
      reports = new Map(all.map((report) => [report.case, report]));
    });

    /** The report of a case in which the plugin has what Go's own decoder has. */
    function alike(name: string): ValuesReport {
      const report = reports.get(name);
      if (report === undefined) throw new Error(`no case "${name}"`);
      expect(report.different, name).to.deep.equal([]);
      return report;
    }

    it('an AnalysisRun and a metric with every field of their type tree set', () => {
      const { fields, leaves, lost } = alike('every field');
      expect(fields).to.be.above(9000);
      expect(leaves).to.be.above(8000);
      // resource.Quantity keeps its amount in fields that gob does not see.
      const quantity =
        /\/(resources\/(limits|requests)\/[^/]+|resourceFieldRef\/divisor|emptyDir\/sizeLimit|overhead\/[^/]+)$/;
      expect(lost).to.have.length.above(0);
      expect(lost.filter((path) => !quantity.test(path))).to.deep.equal([]);
    });

    it('pointers to zeros, of which gob brings those to structs', () => {
      const { leaves } = alike('pointers to zeros');
      expect(leaves).to.be.above(100);
    });

    it('an AnalysisRun with nothing in it', () => {
      expect(alike('nothing').lost).to.deep.equal([]);
    });

    it('times in and without a zone, with nanoseconds, before the epoch and at the ends of the calendar', () => {
      expect(alike('times').leaves).to.be.above(100);
    });

    it('Unicode of every plane, control characters and separators', () => {
      expect(alike('unicode').lost).to.deep.equal([]);
    });

    it('strings that are not UTF-8, with replacement characters as JSON has them', () => {
      expect(alike('invalid UTF-8').lost).to.deep.equal([]);
    });

    it('arguments of 1 MiB each, and answers with all of them', () => {
      expect(alike('1 MiB').bytes).to.be.above(4 << 20);
    });
  });

  it('passes over every field that nobody reads, whatever is in it, and has the others as Go has them', async () => {
    const reports = await runScenario(host, 'values', { plugin: stub('--echo', '--lean') });
    expect(reports).to.have.lengthOf(7);
    const read = [
      /^\/AnalysisRun\/metadata\/(name|namespace|uid|labels\/.*|ownerReferences\/.*)$/,
      /^\/AnalysisRun\/status\/metricResults\/\d+\/(name|count|error)$/,
      /^\/AnalysisRun\/spec\/args\/.*$/,
      /^\/Metric\/(name|provider\/plugin\/.*)$/,
    ];
    for (const { case: name, different } of reports)
      expect(
        different.filter((path) => read.some((one) => one.test(path))),
        name,
      ).to.deep.equal([]);
    const [every] = reports;
    expect(every?.different, 'all the others are left out').to.have.lengthOf.above(8000);
  });

  it('answers 30 calls in flight before Quit, well within its 2 s', async function () {
    this.timeout('60s');
    const report = await runScenario(host, 'quit', {
      plugin: stub('--hold'),
      analysisRun: ANALYSIS_RUN,
      callers: 30,
    });
    expect(report.phases).to.deep.equal({ Running: 30 });
    expect(report.killMs).to.be.lessThan(2000);
  });

  it('goes within the 2 s of Quit also when calls are never answered', async function () {
    this.timeout('60s');
    const report = await runScenario(host, 'quit', {
      plugin: stub('--hang'),
      analysisRun: ANALYSIS_RUN,
      callers: 30,
    });
    expect(report.phases).to.deep.equal({ Error: 30 });
    expect(report.error).to.equal('Run rpc call error: unexpected EOF');
    expect(report.killMs).to.be.lessThan(2000);
  });

  it('is started anew after a SIGKILL, idle or with calls in flight, and goes on with what Argo stored', async function () {
    this.timeout('60s');
    const report = await runScenario(host, 'crash', {
      plugin: stub('--hold'),
      analysisRun: ANALYSIS_RUN,
      callers: 30,
    });
    expect(new Set(report.pids)).to.have.property('size', 3);
    expect(report.stored.metadata).to.have.property('run', 'shop/web-6ff4cd9669-3-1');
    expect(report.resumed).to.deep.equal(report.stored);
    expect(report.phases).to.deep.equal({ Error: 30 });
    expect(report.again).to.deep.equal(report.stored);
  });
});
