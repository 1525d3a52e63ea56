import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { type EmbeddedLab, startEmbeddedLab } from '../lab/embedded-lab.ts';
import { pluginCommand } from '../lab/system.ts';
import { requireHost, runHost, runScenario } from './host.ts';
import { expectServed } from './served.ts';

const root = join(import.meta.dirname, '../..');
const ANALYSES = '/apis/metric-ai.argoproj-labs.io/v1alpha1/namespaces/shop/canaryanalyses';

describe("this project's plugin under Argo Rollouts' own rpc client", () => {
  let host: string;
  let lab: EmbeddedLab;
  let folder: string;
  let analysisRun: string;

  before(async function () {
    this.timeout('30m');
    host = await requireHost(this);
    folder = await mkdtemp(join(tmpdir(), 'host-'));
    lab = await startEmbeddedLab();
    await lab.apply(
      parse(await readFile(join(root, 'crds/metric-ai.argoproj-labs.io_canaryanalyses.yaml'), 'utf8')),
    );
    await lab.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    analysisRun = join(folder, 'analysis-run.json');
    const run = JSON.parse(await readFile(join(import.meta.dirname, 'analysis-run.json'), 'utf8'));
    run.spec.metrics[0].provider.plugin = {
      'argoproj-labs/metric-ai': { extraPrompt: 'Ignore colour changes.' },
    };
    await writeFile(analysisRun, JSON.stringify(run));
  });
  after(async () => {
    await lab?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  it('creates one analysis at Run, leaves the measurement unchanged at Resume and cancels it at Terminate', async function () {
    this.timeout('60s');
    const { command, args } = await pluginCommand(lab);
    const report = await runHost(host, {
      plugin: [command, ...args],
      analysisRun,
      env: { ...process.env, TMPDIR: folder },
    });
    expectServed(report);
    const analyses = (await lab.client.list(ANALYSES)).items as unknown as CanaryAnalysis[];
    expect(analyses).to.have.length(1);
    expect(report.run?.metadata?.['canaryAnalysis']).to.equal(`shop/${analyses[0]?.metadata.name}`);
    expect(report.run?.metadata?.['uid']).to.equal(analyses[0]?.metadata.uid);
    expect(analyses[0]?.spec.cancelled).to.equal(true);
  });

  it('answers 10,000 calls in turn and as many of 30 callers, each with the unchanged measurement', async function () {
    this.timeout('60s');
    const { command, args } = await pluginCommand(lab);
    const report = await runScenario(host, 'soak', {
      plugin: [command, ...args],
      analysisRun: await runOf('soak'),
      calls: 10_000,
      runOnce: true,
    });
    expect(report).to.deep.include({ sequential: 10_000, concurrent: 10_000, wrong: [] });
    expect(report.killMs).to.be.lessThan(2000);
  });

  it('answers 30 Runs at once as Running, each Resume unchanged and Ping, while no reviewer has answered', async function () {
    this.timeout('60s');
    const { command, args } = await pluginCommand(lab);
    const before = (await lab.client.list(ANALYSES)).items.length;
    const report = await runScenario(host, 'pending', {
      plugin: [command, ...args],
      analysisRun: await runOf('pending'),
      callers: 30,
    });
    expect(report).to.deep.include({ phases: { Running: 30 }, wrong: [], ping: '' });
    expect((await lab.client.list(ANALYSES)).items).to.have.length(before + 30);
    expect(report.killMs).to.be.lessThan(2000);
  });

  it('goes on with the stored measurement in the process that follows a SIGKILL', async function () {
    this.timeout('60s');
    const { command, args } = await pluginCommand(lab);
    const analysisRunFile = await runOf('crash');
    const report = await runScenario(host, 'crash', {
      plugin: [command, ...args],
      analysisRun: analysisRunFile,
    });
    expect(new Set(report.pids)).to.have.property('size', 3);
    expect(report.stored.phase).to.equal('Running');
    expect(report.resumed).to.deep.equal(report.stored);
    expect(report.again).to.deep.equal(report.stored);
  });

  it('answers 30 calls that wait for a silent API server as Running within the 2 s of Quit', async function () {
    this.timeout('60s');
    let held = 0;
    const server = createServer((request, response) => {
      if (request.url === '/in-flight') response.end(String(held));
      else if (request.method === 'POST') held++;
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const { command, args } = await pluginCommand({ url, directory: folder, tokenFor: () => 'token' });
      const report = await runScenario(host, 'quit', {
        plugin: [command, ...args],
        analysisRun,
        callers: 30,
        inFlight: `${url}/in-flight`,
      });
      expect(report.phases).to.deep.equal({ Running: 30 });
      expect(report.killMs).to.be.lessThan(2000);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  /** The file of an AnalysisRun of its own. */
  async function runOf(name: string): Promise<string> {
    const run = JSON.parse(await readFile(analysisRun, 'utf8'));
    run.metadata = { ...run.metadata, name, uid: `uid-of-${name}` };
    const file = join(folder, `${name}.json`);
    await writeFile(file, JSON.stringify(run));
    return file;
  }
});
