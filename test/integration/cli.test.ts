import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { run } from '../../operator/cli/run.ts';
import { kubeconfig } from '../lab/kubeconfig.ts';
import { API_SERVER } from './api-servers.ts';
import { System } from './system.ts';

const MAIN = join(import.meta.dirname, '../../operator/cli/main.ts');
const NAMESPACE = 'shop';

interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

describe(`the command line on a cluster (${API_SERVER.name})`, () => {
  let system: System;
  let config: string;
  let analysis: CanaryAnalysis;
  before(async function () {
    this.timeout('30m');
    system = await System.start();
    const { lab } = system;
    config = join(lab.directory, 'cli.kubeconfig');
    const endpoint = {
      url: lab.url,
      token: await lab.tokenFor('operator'),
      ...(lab.caFile === undefined ? {} : { ca: await readFile(lab.caFile, 'utf8') }),
    };
    await writeFile(config, kubeconfig(endpoint, 'operator'), { mode: 0o600 });
    const rollout = await system.deploy(NAMESPACE, 'errors');
    await system.finished(await system.measure(rollout, { observation: { waitSeconds: 30 } }));
    const [first] = await system.analyses(NAMESPACE);
    if (first === undefined) throw new Error('nothing was analysed');
    analysis = first;
  });
  after(() => system.stop());

  const path = (name: string): string => join(system.lab.directory, name);

  /** The program's own entry, in this process. */
  const cli = async (...args: string[]): Promise<Ended> => {
    let out = '';
    let err = '';
    const status = await run(args, {
      stdout: (text) => {
        out += text;
      },
      stderr: (text) => {
        err += text;
      },
      now: () => performance.now(),
      env: { KUBECONFIG: config },
    });
    return { status, out, err };
  };
  const inNamespace = ['-n', NAMESPACE];

  it('explains a verdict: the reason, what to do, the finding with its numbers and quotes', async () => {
    const { name } = analysis.metadata;
    const { status, out, err } = await cli('explain', name, ...inNamespace);
    expect({ status, err }).to.deep.equal({ status: 0, err: '' });
    expect(out).to.contain(`CanaryAnalysis ${NAMESPACE}/${name} of Rollout web`);
    expect(out).to.match(/^ {2}Abort \(Regression, confidence \d+ %\), after \d+ s$/m);
    expect(out).to.contain('The canary logs errors that stable lacks');
    expect(out).to.match(/F1 Regressed NovelError: canary logs `order could not be stored/);
    expect(out).to.match(/> .*"msg":"order could not be stored"/);
    expect(out).to.match(/canary: 1 of 1 pods read, 1 ready/);
    const json = await cli('explain', name, ...inNamespace, '-o', 'json');
    expect(JSON.parse(json.out)).to.deep.include({ analysis: name, status: analysis.status });
  });

  it('judges stored evidence again, as it was recorded', async () => {
    const { status, out } = await cli('replay', analysis.metadata.name, ...inNamespace, '-o', 'json');
    expect(status).to.equal(0);
    const replayed = JSON.parse(out);
    expect(replayed).to.deep.include({ changed: false, differences: [] });
    expect(replayed.now).to.include({ verdict: 'Abort', reason: 'Regression' });
    expect(replayed.recorded).to.include({ verdict: 'Abort', analysis: analysis.metadata.name });
  });

  it('judges the evidence ConfigMap in a file again', async () => {
    const { configMap = '' } = analysis.status?.evidenceRef ?? {};
    const object = await system.lab.client.request({
      method: 'GET',
      path: `/api/v1/namespaces/${NAMESPACE}/configmaps/${configMap}`,
    });
    await writeFile(path('evidence.json'), JSON.stringify(object));
    const { status, out } = await cli('replay', path('evidence.json'));
    expect(status).to.equal(0);
    expect(out).to.match(/evidence\.json: Abort \(Regression, .*, as it was recorded$/m);
  });

  it('collects a Rollout into a bundle that is judged as the operator judged', async () => {
    const { status, out, err } = await cli(
      'collect',
      'rollout/web',
      ...inNamespace,
      '--out',
      path('collected'),
    );
    expect(status, err).to.equal(0);
    expect(out).to.match(/canary: 1 of 1 pods read, 1 containers, \d+ bytes/);
    expect(err).to.match(/^reading canary web-\S+\/app$/m);
    const judged = await cli('judge', path('collected'), '-o', 'json');
    expect(JSON.parse(judged.out)).to.include({ verdict: 'Abort', reason: 'Regression' });
    const change = await readFile(path('collected/change.json'), 'utf8');
    expect(JSON.parse(change).canary.spec.containers[0].env).to.deep.equal([
      { name: 'VERSION', value: 'another value' },
      { name: 'FAULT', value: 'another value' },
    ]);
  });

  it('collects the window of an analysis that is over, and what it said', async () => {
    const { name } = analysis.metadata;
    const { status, err } = await cli(
      'collect',
      `canaryanalysis/${name}`,
      ...inNamespace,
      '--out',
      path(name),
    );
    expect(status, err).to.equal(0);
    const collected = JSON.parse(await readFile(path(`${name}/collected.json`), 'utf8'));
    expect(Date.parse(collected.window.to)).to.equal(Date.parse(analysis.status?.window?.end ?? ''));
    expect(collected.recorded).to.include({ analysis: name, verdict: 'Abort' });
    const replayed = JSON.parse((await cli('replay', path(name), '-o', 'json')).out);
    expect(replayed.now).to.include({ verdict: 'Abort', reason: 'Regression' });
  });

  it('names what does not exist and exits 2; says when the cluster does not answer and exits 1', async () => {
    const missing = await cli('explain', 'nobody', ...inNamespace);
    expect(missing).to.include({ status: 2, out: '' });
    expect(missing.err).to.match(/^canary-analysis: .*nobody/);
    const rollout = await cli('collect', 'rollout/nobody', ...inNamespace, '--out', path('nobody'));
    expect(rollout.status).to.equal(2);
    expect(rollout.err).to.contain(`Rollout ${NAMESPACE}/nobody does not exist`);
    expect(existsSync(path('nobody'))).to.equal(false);
    const away = path('away.kubeconfig');
    await writeFile(away, kubeconfig({ url: 'http://127.0.0.1:9', token: '' }, 'nobody'));
    const unanswered = await cli('explain', 'nobody', ...inNamespace, '--kubeconfig', away);
    expect(unanswered.status).to.equal(1);
    expect(unanswered.err).to.contain('127.0.0.1:9');
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const heal = system.lab.kubelet.logFaults.add({ namespace: NAMESPACE }, { hang: true });
    const out = path('interrupted');
    const child = spawn(process.execPath, [MAIN, 'collect', 'rollout/web', ...inNamespace, '--out', out], {
      env: { KUBECONFIG: config },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let err = '';
    child.stderr.on('data', (chunk) => {
      if (err === '') child.kill('SIGINT');
      err += String(chunk);
    });
    const [status] = await once(child, 'close');
    heal();
    expect(status).to.equal(130);
    expect(err).to.match(/^reading [\s\S]*interrupted\n$/);
    expect(existsSync(out)).to.equal(false);
  });
});
