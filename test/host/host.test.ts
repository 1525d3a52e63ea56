import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { decodeAll, takeApart } from '../unit/plugin/goplugin/recorded.ts';
import { requireHost, runHost } from './host.ts';

const STUB = [process.execPath, fileURLToPath(new URL('stub-plugin.ts', import.meta.url))];
const ANALYSIS_RUN = fileURLToPath(new URL('analysis-run.json', import.meta.url));

describe("the plugin protocol under Argo Rollouts' own rpc client", () => {
  let host: string;
  let folder: string;
  let env: NodeJS.ProcessEnv;

  before(async function () {
    this.timeout('30m');
    host = await requireHost(this);
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'host-'));
    env = { ...process.env, TMPDIR: folder };
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('answers every call once, ends by itself on Quit and leaves nothing behind', async function () {
    this.timeout('60s');
    const report = await runHost(host, { plugin: STUB, analysisRun: ANALYSIS_RUN, env });
    expect(report).to.deep.include({
      dispenseUnknown: 'unknown plugin type: Unknown',
      initPlugin: '',
      type: 'stub',
      ping: '',
      metadata: { version: 'stub' },
      resumeUnchanged: true,
      garbageCollect: '',
      exited: true,
    });
    const { run, resume, terminate } = report;
    expect(run?.phase).to.equal('Running');
    expect(run?.metadata?.['run']).to.equal('shop/web-6ff4cd9669-3-1');
    expect(run?.metadata?.['args']).to.equal('stable-hash=74486ff788,canary-hash=6ff4cd9669,empty=,token=');
    expect(JSON.parse(run?.metadata?.['config'] ?? '')).to.have.property('extraPrompt', 'zażółć gęślą jaźń');
    expect(resume).to.deep.equal(run);
    expect(terminate).to.include({ phase: 'Inconclusive', message: 'cancelled', startedAt: run?.startedAt });
    expect(report.killMs).to.be.lessThan(2000);
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it("has its log lines re-emitted at their level, the plugin's stray output among them", async function () {
    this.timeout('60s');
    const { log } = await runHost(host, { plugin: STUB, env });
    const fromPlugin = log.filter((line) => String(line['@module']).startsWith('plugin.'));
    expect(fromPlugin.map((line) => [line['@level'], line['@message']])).to.deep.equal([
      ['info', 'Successfully loaded plugin: stub'],
      ['debug', 'written to stdout'],
      ['info', 'garbage collected'],
    ]);
    expect(fromPlugin[1]?.['text']).to.equal('a stray line on stdout\\n');
    expect(fromPlugin[2]).to.include({ limit: 10 });
    expect(log.filter((line) => line['@level'] === 'error' || line['@level'] === 'warn')).to.deep.equal([]);
  });

  it('carries a measurement larger than a window both ways', async function () {
    this.timeout('60s');
    const report = await runHost(host, { plugin: STUB, analysisRun: ANALYSIS_RUN, payload: 900_000, env });
    expect(report).to.deep.include({ resumeUnchanged: true, exited: true });
  });

  for (const [method, field, message] of [
    ['run', 'run', 'failed to run via plugin: run was told to fail'],
    ['resume', 'resume', 'failed to resume via plugin: resume was told to fail'],
    ['terminate', 'terminate', 'failed to terminate via plugin: terminate was told to fail'],
  ] as const) {
    it(`turns an exception in ${method} into that call's Error and goes on`, async function () {
      this.timeout('60s');
      const report = await runHost(host, {
        plugin: [...STUB, '--fail', method],
        analysisRun: ANALYSIS_RUN,
        env,
      });
      expect(report[field]).to.include({ phase: 'Error', message });
      expect(report[field]).to.have.property('finishedAt');
      expect(report).to.include({ garbageCollect: '', exited: true });
      expect(report.killMs).to.be.lessThan(2000);
    });
  }

  it('answers the errors of GarbageCollect and GetMetadata', async function () {
    this.timeout('60s');
    const collect = await runHost(host, { plugin: [...STUB, '--fail', 'garbageCollect'], env });
    expect(collect.garbageCollect).to.equal('garbageCollect was told to fail');
    const metadata = await runHost(host, { plugin: [...STUB, '--fail', 'getMetadata'], env });
    expect(metadata.metadata).to.deep.equal({
      error: 'GetMetadata rpc call error: getMetadata was told to fail',
    });
  });

  it('answers a failed InitPlugin, then exits, so that the next call starts it anew', async function () {
    this.timeout('60s');
    const report = await runHost(host, { plugin: [...STUB, '--fail', 'initPlugin'], env });
    expect(report).to.include({ initPlugin: 'initPlugin was told to fail', initExit: true });
    expect(report.log.some((line) => String(line['error']).includes('exit status 1'))).to.equal(true);
  });

  it('records what the committed session holds: 219 types up to the first Run', async function () {
    this.timeout('60s');
    await runHost(host, { plugin: STUB, analysisRun: ANALYSIS_RUN, record: folder, env });
    const bytes = await readFile(join(folder, 'host-to-plugin.bin'));
    const stream = takeApart([bytes]).streams.get(7);
    expect(decodeAll([stream?.subarray(4) ?? bytes]).decoder.types.size).to.be.at.least(219);
    const committed = new URL('../fixtures/go-plugin/host-to-plugin.bin', import.meta.url);
    const sizes = [bytes.length, (await readFile(committed)).length];
    expect(Math.abs((sizes[0] ?? 0) - (sizes[1] ?? 0))).to.be.lessThan(1000);
  });
});
