import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import fc from 'fast-check';
import { run } from '../../../../operator/cli/run.ts';
import { removeAll, temporaryBundle } from '../bundle/temporary-bundle.ts';

const MAIN = fileURLToPath(new URL('../../../../operator/cli/main.ts', import.meta.url));
const T0 = Date.parse('2026-01-01T00:00:00Z');

/** One record a second, each `every`th an error. */
function log(seconds: number, every = 0): string {
  return Array.from({ length: seconds }, (_, i) => {
    const time = new Date(T0 + i * 1000).toISOString();
    const failed = every > 0 && i % every === 0;
    return `${time} ${failed ? 'ERROR shop.Orders - order' : 'INFO shop.Orders - order'} ${i} ${failed ? 'failed' : 'placed'}`;
  }).join('\n');
}

const healthy = { 'stable/a/web.log': log(900), 'canary/b/web.log': log(600) };
const failing = { 'stable/a/web.log': log(900), 'canary/b/web.log': log(600, 4) };

describe('canary-analysis judge', () => {
  const dirs: string[] = [];
  const write = async (files: Record<string, string | Uint8Array>): Promise<string> => {
    const dir = await temporaryBundle(files);
    dirs.push(dir);
    return dir;
  };
  const judge = async (...args: string[]): Promise<{ status: number; out: string; err: string }> => {
    let out = '';
    let err = '';
    const status = await run(args, {
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
  after(() => removeAll(dirs));

  it('prints one JSON object a line for each bundle, with the documented keys', async () => {
    const good = await write(healthy);
    const bad = await write(failing);
    const { status, out, err } = await judge('judge', good, bad, '-o', 'json');
    expect({ status, err }).to.deep.equal({ status: 0, err: '' });
    const [first, second] = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(first).to.include({ bundle: good, verdict: 'Promote', assessment: 'Clean', durationMs: 0 });
    expect(second).to.include({
      bundle: bad,
      verdict: 'Abort',
      reason: 'Regression',
      assessment: 'Regressed',
    });
    expect(Object.keys(second)).to.deep.equal([
      'bundle',
      'verdict',
      'reason',
      'message',
      'confidence',
      'assessment',
      'findings',
      'coverage',
      'distilled',
      'durationMs',
    ]);
    const [finding] = second.findings;
    expect(Object.keys(finding)).to.deep.equal([
      'id',
      'kind',
      'severity',
      'template',
      'stableCount',
      'canaryCount',
      'pValue',
      'samples',
    ]);
    expect(finding).to.include({
      id: 'F1',
      template: 'order <num> failed',
      stableCount: 0,
      severity: 'Regressed',
    });
    expect(finding.pValue).to.be.within(0, 0.05);
    expect(second.distilled.tokens).to.be.within(1, 4_000);
    expect(second.coverage.canary).to.include({
      podsFound: 1,
      podsRead: 1,
      podsReady: 1,
      containers: 1,
      lines: 600,
    });
  });

  it('prints verdict, reason, finding and coverage for people', async () => {
    const dir = await write(failing);
    const { status, out } = await judge('judge', dir);
    expect(status).to.equal(0);
    expect(out).to.contain(`${dir}: Abort (Regression, confidence `);
    expect(out).to.match(/F1 Regressed \w+: canary logs `order <num> failed`/);
    expect(out).to.match(/canary: 1 of 1 pods read, 1 ready, 1 containers, 600 lines/);
  });

  it('shows control characters of a log instead of obeying them', async () => {
    const evil = log(600, 4).replaceAll('failed', 'failed \u0007\u202e');
    const { out } = await judge('judge', await write({ ...failing, 'canary/b/web.log': evil }));
    expect(out).to.contain('Abort');
    for (const hidden of ['\u0007', '\u202e']) expect(out).not.to.contain(hidden);
  });

  it('redacts what it prints', async () => {
    const leaking = log(600, 4).replaceAll('failed', 'failed password=hunter2');
    const dir = await write({ ...failing, 'canary/b/web.log': leaking });
    for (const format of ['json', 'text']) {
      const { out } = await judge('judge', dir, '-o', format);
      expect(out).to.contain('<password>');
      expect(out).not.to.contain('hunter2');
    }
  });

  it('decides by the policy that is given', async () => {
    const dir = await write({ 'canary/b/web.log': log(60) });
    const file = await write({ 'policy.yaml': 'onNoBaseline: Abort\n', 'canary/b/web.log': '' });
    const before = await judge('judge', dir, '-o', 'json');
    expect(JSON.parse(before.out)).to.include({ verdict: 'Inconclusive', reason: 'NoBaseline' });
    const after = await judge('judge', dir, '-o', 'json', '--policy', `${file}/policy.yaml`);
    expect(JSON.parse(after.out)).to.include({ verdict: 'Abort', reason: 'NoBaseline' });
  });

  it('refuses a policy with an unknown field or value, naming it', async () => {
    const dir = await write({
      'a.yaml': 'onSuspicions: Abort',
      'b.yaml': 'onSuspicion: Promote',
      'c.yaml': '[',
      ...healthy,
    });
    for (const [file, message] of [
      ['a.yaml', /a\.yaml: .*onSuspicions/],
      ['b.yaml', /b\.yaml: onSuspicion must be one of Inconclusive, Abort/],
      ['c.yaml', /c\.yaml: is neither YAML nor JSON/],
      ['d.yaml', /d\.yaml: cannot be read/],
    ] as const) {
      const { status, err } = await judge('judge', dir, '--policy', `${dir}/${file}`);
      expect(status, file).to.equal(2);
      expect(err).to.match(message);
    }
  });

  it('judges the other bundles when one is bad, names the bad file and exits 2', async () => {
    const bad = await write({ ...healthy, 'canary/b/pod.json': '{' });
    const good = await write(healthy);
    const { status, out, err } = await judge('judge', bad, good, '-o', 'json');
    expect(status).to.equal(2);
    expect(err).to.equal(`canary-analysis: ${bad}/canary/b/pod.json: is not JSON\n`);
    expect(JSON.parse(out)).to.include({ bundle: good, verdict: 'Promote' });
  });

  it('names what is wrong with the command line and exits 2', async () => {
    for (const [args, message] of [
      [[], /a command is missing/],
      [['jugde'], /unknown command jugde/],
      [['--verbose'], /unknown flag --verbose/],
      [['judge', 'x', '--foo=1'], /unknown flag --foo/],
      [['judge', 'x', '-z'], /unknown flag -z/],
      [['judge', 'x', '--output'], /--output needs a value/],
      [['judge', 'x', '-o', 'xml'], /--output must be json or text, not xml/],
      [['judge'], /at least one BUNDLE/],
    ] as const) {
      const { status, out, err } = await judge(...args);
      expect({ status, out }, args.join(' ')).to.deep.equal({ status: 2, out: '' });
      expect(err).to.match(message);
    }
  });

  it('never promotes an empty canary', async () => {
    for (const files of [
      { 'stable/a/web.log': log(900) },
      { 'stable/a/web.log': log(900), 'canary/b/web.log': '' },
    ]) {
      const { status, out } = await judge('judge', await write(files), '-o', 'json');
      expect(status).to.equal(0);
      expect(JSON.parse(out).verdict).not.to.equal('Promote');
    }
  });

  it('gives a verdict or a named error for any content', async () => {
    const content = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.json());
    const files = fc.dictionary(
      fc.constantFrom(
        'stable/a/web.log',
        'canary/b/web.log',
        'canary/b/pod.json',
        'canary/events.json',
        'change.json',
      ),
      content,
      { minKeys: 1, noNullPrototype: true },
    );
    await fc.assert(
      fc.asyncProperty(files, async (bundle) => {
        const dir = await temporaryBundle(bundle);
        try {
          const { status, out, err } = await judge('judge', dir, '-o', 'json');
          if (status === 0)
            expect(JSON.parse(out).verdict).to.be.oneOf(['Promote', 'Abort', 'Inconclusive', 'Error']);
          else expect(err).to.match(/^canary-analysis: .+\n$/);
        } finally {
          await removeAll([dir]);
        }
      }),
      { numRuns: 100 },
    );
  });

  describe('as a program', () => {
    const program = (...args: string[]): Promise<{ status: number; out: string; err: string }> =>
      new Promise((resolve) => {
        execFile(process.execPath, [MAIN, ...args], (error, out, err) => {
          resolve({ status: typeof error?.code === 'number' ? error.code : 0, out, err });
        });
      });

    it('tells its usage', async () => {
      const { status, out } = await program('judge', '--help');
      expect(status).to.equal(0);
      expect(out).to.match(/^Usage: canary-analysis judge BUNDLE/);
      expect((await program('--help')).out).to.match(/^Usage: canary-analysis COMMAND/);
    });

    it('exits 0 whatever the verdict and 2 for bad input', async () => {
      expect((await program('judge', await write(failing))).status).to.equal(0);
      const nowhere = join(await write(failing), 'nowhere');
      const missing = await program('judge', nowhere);
      expect(missing).to.deep.equal({
        status: 2,
        out: '',
        err: `canary-analysis: ${nowhere} does not exist\n`,
      });
    });
  });
});
