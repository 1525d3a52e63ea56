import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import type { CanaryAnalysis } from '../../../../crds/v1alpha1/canary-analysis.ts';
import { encodeSnapshot } from '../../../../operator/bundle/index.ts';
import { judgeBundle } from '../../../../operator/cli/judge.ts';
import { replay as replayed, reviewOf } from '../../../../operator/cli/replay.ts';
import { run } from '../../../../operator/cli/run.ts';
import { BUILT_IN_POLICY } from '../../../../operator/judge/index.ts';
import { removeAll, temporaryBundle } from '../bundle/temporary-bundle.ts';

const T0 = Date.parse('2026-01-01T00:00:00Z');

function log(seconds: number, every = 0): string {
  return Array.from({ length: seconds }, (_, i) => {
    const bad = every > 0 && i % every === 0;
    return `${new Date(T0 + i * 1000).toISOString()} ${bad ? 'ERROR order failed' : 'INFO order placed'} ${i}\n`;
  }).join('');
}

const failing = { 'stable/a/web.log': log(900), 'canary/b/web.log': log(600, 4) };
const window = { from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:15:00Z' };

describe('canary-analysis replay', () => {
  let dir: string;
  const bundles: string[] = [];
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'replay-'));
  });
  after(() => removeAll([dir, ...bundles]));

  const written = async (files: Record<string, string>): Promise<string> => {
    const made = await temporaryBundle(files);
    bundles.push(made);
    return made;
  };
  const replay = async (...args: string[]) => {
    let out = '';
    let err = '';
    const status = await run(['replay', ...args], {
      stdout: (text) => {
        out += text;
      },
      stderr: (text) => {
        err += text;
      },
      now: () => 0,
    });
    return { status, out, err };
  };

  it('shows what today would be said otherwise of a bundle that tells what was said then', async () => {
    const recorded = { verdict: 'Promote', reason: 'NoRegression', confidence: 90, assessment: 'Clean' };
    const bundle = await written({ ...failing, 'collected.json': JSON.stringify({ window, recorded }) });
    const { status, out } = await replay(bundle);
    expect(status).to.equal(0);
    expect(out).to.match(
      /: Abort \(Regression, confidence 99 %\); recorded is otherwise:\n {2}verdict\n {4}then: Promote\n {4}now: {2}Abort\n/,
    );
    const { changed, differences } = JSON.parse((await replay(bundle, '-o', 'json')).out);
    expect(changed).to.equal(true);
    expect(differences).to.deep.include({ field: 'assessment', before: 'Clean', now: 'Regressed' });
  });

  it('says so where nothing is recorded', async () => {
    const { out } = await replay(await written(failing));
    expect(out).to.contain('Abort (Regression, confidence 99 %); nothing is recorded to compare it with');
  });

  it('reads a snapshot as it is stored, and in its ConfigMap, with the findings that were stored', async () => {
    const judged = await judgeBundle(await written(failing), { policy: BUILT_IN_POLICY, now: () => 0 });
    const snapshot = encodeSnapshot(judged);
    const gz = join(dir, 'snapshot.json.gz');
    await writeFile(gz, snapshot);
    const yaml = join(dir, 'evidence.yaml');
    const binaryData = { 'snapshot.json.gz': Buffer.from(snapshot).toString('base64') };
    await writeFile(
      yaml,
      stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'e' }, binaryData }),
    );
    for (const path of [gz, yaml]) {
      const { status, out } = await replay(path, '-o', 'json');
      expect(status, path).to.equal(0);
      const told = JSON.parse(out);
      expect(told.differences, path).to.deep.equal([]);
      expect(told.now).to.include({ verdict: 'Abort', assessment: 'Regressed' });
    }
  });

  it('tells findings that are gone, new, or of another weight', async () => {
    const judged = await judgeBundle(await written(failing), { policy: BUILT_IN_POLICY, now: () => 0 });
    const [first] = judged.assessed.findings;
    if (first === undefined) throw new Error('nothing was found');
    const findings = [
      { ...first, severity: 'Info' as const },
      { ...first, id: 'F2', kind: 'Restarts', template: '' },
    ];
    const path = join(dir, 'otherwise.gz');
    await writeFile(path, encodeSnapshot({ ...judged, assessed: { ...judged.assessed, findings } }));
    const { differences } = JSON.parse((await replay(path, '-o', 'json')).out);
    const texts = differences.map(
      ({ before, now }: { before: string; now: string }) => `${before.split(':')[0]} → ${now.split(':')[0]}`,
    );
    expect(texts).to.include.members([
      `Info ${first.kind} → Regressed ${first.kind}`,
      'Regressed Restarts → none',
    ]);
  });

  it('judges as the look it is told', async () => {
    const few = { 'stable/a/web.log': log(900), 'canary/b/web.log': log(600, 100) };
    const bundle = await written(few);
    const p = async (look: string) =>
      JSON.parse((await replay(bundle, '--look', look, '-o', 'json')).out).now.assessment;
    expect(await p('1')).to.equal('Regressed');
    expect(await p('100000')).not.to.equal('Regressed');
  });

  it('takes reviewers without an opinion for unavailable, whatever the verdict was for', () => {
    const analysis = (reviewers: string[], reason: string) =>
      ({ status: { reason, effective: { reviewers } } }) as unknown as CanaryAnalysis;
    expect(reviewOf(analysis(['gemini/a'], 'Regression')).kind).to.equal('unavailable');
    expect(reviewOf(analysis(['gemini/a'], 'InsufficientEvidence')).kind).to.equal('unavailable');
    expect(reviewOf(analysis([], 'NoRegression')).kind).to.equal('notConfigured');
  });

  it('looks for what an opinion cited in the findings of today', async () => {
    const judged = await judgeBundle(await written(failing), { policy: BUILT_IN_POLICY, now: () => 0 });
    const quiet = {
      ...judged.distilled,
      templates: judged.distilled.templates.filter(({ level }) => level === 'info'),
    };
    const citations = [{ id: 'F1', quote: 'ERROR order failed', checks: true }];
    const opinion = {
      reviewer: 'gemini/a',
      verdict: 'Abort',
      confidence: 90,
      summary: '',
      citations,
    } as const;
    const again = (distilled: typeof judged.distilled) =>
      replayed({
        name: 'it',
        snapshot: { ...judged, distilled },
        recorded: {},
        policy: BUILT_IN_POLICY,
        minPower: 0,
        look: 1,
        review: { kind: 'opinion', opinion: { ...opinion, citations: [...citations] }, causes: [] },
      }).decision;
    expect(again(quiet)).to.include({ verdict: 'Inconclusive', reason: 'UncheckedCitation' });
    expect(again(judged.distilled).verdict).to.equal('Abort');
  });

  it('names a file that is neither, and goes on with the next', async () => {
    const path = join(dir, 'pod.yaml');
    await writeFile(path, 'kind: Pod\n');
    const broken = join(dir, 'broken.gz');
    await writeFile(broken, Buffer.from([0x1f, 0x8b, 1, 2, 3]));
    const { status, out, err } = await replay(path, broken, await written(failing));
    expect(status).to.equal(2);
    expect(err).to.contain(`${path} is neither a snapshot nor a ConfigMap with snapshot.json.gz`);
    expect(err).to.contain(`${broken}: the snapshot is no gzip`);
    expect(out).to.contain('Abort (Regression');
    await rm(path);
  });
});
