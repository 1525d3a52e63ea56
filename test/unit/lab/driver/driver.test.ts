import { join } from 'node:path';
import { expect } from 'chai';
import { type Driver, startDriver } from '../../../lab/driver/driver.ts';
import type { AnalysisRun, StoredMeasurement } from '../../../lab/driver/model.ts';
import { PLUGIN, type PluginLab, startPluginLab, until, verdict } from '../../plugin/lab.ts';

const MAIN = join(import.meta.dirname, '../../../../plugin/main.ts');

describe('the driver with the real plugin process', () => {
  let lab: PluginLab;
  let driver: Driver;
  let lines: string[];
  const drivers: Driver[] = [];

  beforeEach(async () => {
    lab = await startPluginLab();
    lines = [];
  });

  afterEach(async () => {
    await Promise.all(drivers.splice(0).map((each) => each.stop()));
    await lab.stop();
  });

  async function drive(env: Record<string, string> = {}): Promise<Driver> {
    driver = await startDriver({
      plugin: {
        command: process.execPath,
        args: [MAIN, '--api-server', lab.endpoint.server, '--token-file', lab.endpoint.tokenFile],
        env,
        onLog: (line) => lines.push(line),
      },
      names: [PLUGIN],
      apiServer: lab.endpoint,
      namespaces: ['default'],
      errorRetryMs: 50,
    });
    drivers.push(driver);
    return driver;
  }

  const measurementsOf = (run: AnalysisRun): readonly StoredMeasurement[] =>
    run.status?.metricResults?.[0]?.measurements ?? [];

  const runIn = (name: string, condition: (run: AnalysisRun) => boolean): Promise<AnalysisRun> =>
    until(async () => {
      const run = await lab.getRun(name);
      return condition(run) && run;
    });

  const begun = (name: string): Promise<AnalysisRun> =>
    runIn(name, (run) => measurementsOf(run).at(-1)?.phase === 'Running');

  const ended = (name: string): Promise<AnalysisRun> =>
    runIn(name, (run) => !['', 'Running'].includes(run.status?.phase ?? ''));

  for (const [given, phase] of [
    ['Promote', 'Successful'],
    ['Abort', 'Failed'],
    ['Inconclusive', 'Inconclusive'],
  ] as const) {
    it(`carries ${given} from the analysis to the AnalysisRun`, async () => {
      await drive();
      await lab.createRun('web-1');
      await begun('web-1');
      const [analysis] = await lab.analyses();
      await lab.decide(analysis?.metadata.name ?? '', verdict({ verdict: given, confidence: 87 }));
      const run = await ended('web-1');
      expect(run.status?.phase).to.equal(phase);
      expect(measurementsOf(run)[0]).to.include({ phase, message: 'Nothing speaks against it.' });
      expect(run.status?.metricResults?.[0]?.metadata).to.deep.equal({
        version: '0.1.0',
        dialect: 'default',
      });
      expect(driver.calls.filter(({ method }) => method === 'Run')).to.have.length(1);
    });
  }

  it('counts five errors of a wrong configuration, and the run is an error that names the field', async () => {
    await drive();
    await lab.createRun('web-1', { stableLabel: 'role=stable' });
    const run = await ended('web-1');
    expect(run.status?.phase).to.equal('Error');
    expect(measurementsOf(run)).to.have.length(5);
    expect(measurementsOf(run)[0]?.message).to.match(
      /^failed to run via plugin: agentUrl is required in plugin configuration/,
    );
    expect(await lab.analyses()).to.deep.equal([]);
  });

  it('terminates, which cancels the analysis', async () => {
    await drive();
    await lab.createRun('web-1');
    await begun('web-1');
    await lab.patchRun('web-1', { spec: { terminate: true } });
    const run = await ended('web-1');
    expect(run.status?.phase).to.equal('Inconclusive');
    expect((await lab.analyses())[0]?.spec.cancelled).to.equal(true);
  });

  it('goes on with a new process after the plugin was killed', async () => {
    await drive();
    await lab.createRun('web-1');
    const before = await begun('web-1');
    await until(() => driver.calls.some(({ method }) => method === 'Resume'));
    await driver.host.process?.kill();
    const [analysis] = await lab.analyses();
    await lab.decide(analysis?.metadata.name ?? '', verdict({ verdict: 'Promote', confidence: 50 }));
    driver.resync();
    const run = await ended('web-1');
    expect(run.status?.phase).to.equal('Successful');
    expect(measurementsOf(run)).to.have.length(1);
    expect(measurementsOf(run)[0]?.startedAt).to.equal(measurementsOf(before)[0]?.startedAt);
  });

  it('goes on with the next controller after this one was told to go', async () => {
    await drive();
    await lab.createRun('web-1');
    await begun('web-1');
    await until(() => driver.calls.some(({ method }) => method === 'Resume'));
    const exit = driver.host.process?.exit;
    await drivers.splice(0)[0]?.stop();
    expect(await exit).to.equal(0);
    const [analysis] = await lab.analyses();
    await lab.decide(analysis?.metadata.name ?? '', verdict({ verdict: 'Abort' }));
    await drive();
    const run = await ended('web-1');
    expect(run.status?.phase).to.equal('Failed');
    expect(run.status?.metricResults?.[0]).not.to.have.property('error');
  });

  it('measures thirty runs at once', async () => {
    await drive();
    const names = Array.from({ length: 30 }, (_, index) => `web-${index}`);
    await Promise.all(names.map((name) => lab.createRun(name)));
    const decided = new Set<string>();
    await until(async () => {
      for (const { metadata, status } of await lab.analyses()) {
        if (status?.verdict !== undefined || decided.has(metadata.name)) continue;
        decided.add(metadata.name);
        await lab.decide(metadata.name, verdict({ verdict: 'Promote', confidence: 90 }));
      }
      return decided.size === names.length;
    });
    const runs = await Promise.all(names.map(ended));
    expect(runs.map((run) => run.status?.phase)).to.deep.equal(names.map(() => 'Successful'));
    expect(await lab.analyses()).to.have.length(30);
  });

  it('logs what operators grep for, and nothing of a token', async () => {
    await drive({ GITHUB_TOKEN: 'ghp_s3cr3t' });
    await lab.createRun('web-1');
    await begun('web-1');
    const log = lines.join('\n');
    expect(log).to.include('Successfully loaded plugin: argoproj-labs/metric-ai');
    expect(log).to.include('AI metric: analysis asked for');
    expect(log).to.include('GITHUB_TOKEN').and.not.to.include('s3cr3t');
    for (const line of lines) expect(JSON.parse(line)['@message']).to.be.a('string');
  });

  it('hears from Type what the plugin is called', async () => {
    await drive();
    expect(await driver.host.type()).to.equal(PLUGIN);
  });
});
