import { execFile } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { isCoded } from '../../../../crds/errors.ts';
import { judgeBundle } from '../../../../operator/cli/judge.ts';
import { BUILT_IN_POLICY } from '../../../../operator/judge/index.ts';

/** What may lie at a path. */
type Thing =
  | { readonly kind: 'file'; readonly bytes: Uint8Array }
  | { readonly kind: 'folder' }
  | { readonly kind: 'link'; readonly to: string };

const options = { policy: BUILT_IN_POLICY, now: () => 0 };

/** Writes nothing through a link that lies there already: it leads out of the folder. */
async function put(dir: string, path: string, thing: Thing): Promise<void> {
  const at = join(dir, path);
  for (let folder = dirname(at); folder !== dir; folder = dirname(folder)) {
    const found = await lstat(folder).catch(() => undefined);
    if (found?.isSymbolicLink()) throw new Error(`${folder} is a link`);
  }
  await mkdir(dirname(at), { recursive: true });
  if (thing.kind === 'file') await writeFile(at, thing.bytes, { flag: 'wx' });
  else if (thing.kind === 'folder') await mkdir(at, { recursive: true });
  else await symlink(thing.to, at);
}

async function laid(things: readonly (readonly [string, Thing])[]): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'hostile-'));
  for (const [path, thing] of things) {
    // A later thing may need a folder where an earlier one put a file or a link: then it is not there.
    await put(dir, path, thing).catch(() => undefined);
  }
  return dir;
}

const bytes = (text: string): Uint8Array => Buffer.from(text);
const json = fc.oneof(
  fc.json().map(bytes),
  fc
    .constantFrom(
      '{"metadata":{"name":5}}',
      '{"items":null}',
      '{"items":[{"count":"many"}]}',
      '{"status":{"containerStatuses":[{}]}}',
      '{"status":{"startTime":"yesterday","conditions":[{"type":"Ready","status":"True"}]}}',
      '{"stable":[],"canary":{}}',
      '{"window":{"from":"x","to":"y"}}',
      '{"window":{"from":"2026-01-01T00:00:00Z","to":"2026-01-01T00:10:00Z"},"look":-3,"podsRead":{"stable":-1,"canary":1e308}}',
      '{"__proto__":{"a":1},"metadata":{"name":"p"}}',
      '{',
    )
    .map(bytes),
);
const log = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .constantFrom(
          '2026-01-01T00:00:00Z ERROR broken\n',
          '9999-99-99T99:99:99Z when\n',
          '{"level":"error","msg":{"a":[1,2]}}\n',
          '{"level":"error","msg":"half',
          'Traceback (most recent call last):\n',
          'panic: boom\n',
          '\ud83d\ude00\u0000\u001b[31m\r\n',
        )
        .map(bytes),
    ),
    { maxLength: 12 },
  )
  .map((parts) => new Uint8Array(Buffer.concat(parts)));
const name = fc.oneof(
  fc.constantFrom(
    'web',
    'p',
    '..log',
    '.hidden',
    'a b',
    'x'.repeat(240),
    '\u202eexe',
    '__proto__',
    'ünïcode',
  ),
  fc.string({ minLength: 1, maxLength: 12 }).map((text) => text.replace(/[/\0]/g, '_')),
);
const path = fc.oneof(
  fc
    .tuple(fc.constantFrom('stable', 'canary'), name, name)
    .map(([side, pod, container]) => `${side}/${pod}/${container}.log`),
  fc.tuple(fc.constantFrom('stable', 'canary'), name).map(([side, pod]) => `${side}/${pod}/pod.json`),
  fc.constantFrom(
    'stable/events.json',
    'canary/events.json',
    'change.json',
    'collected.json',
    'expected.json',
  ),
  fc.constantFrom(
    'stable',
    'canary',
    'stable/p',
    'canary/p',
    'other',
    'stable/p/web.log/deep',
    'canary/stray.txt',
  ),
);
const thing = (at: string): fc.Arbitrary<Thing> =>
  fc.oneof(
    {
      weight: 8,
      arbitrary: (at.endsWith('.json') ? json : log).map(
        (content): Thing => ({ kind: 'file', bytes: content }),
      ),
    },
    { weight: 1, arbitrary: fc.constant<Thing>({ kind: 'folder' }) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom('/etc/passwd', '/nonexistent', '.', '..', '/dev/zero', 'stable')
        .map((to): Thing => ({ kind: 'link', to })),
    },
  );
const bundle = fc.array(
  path.chain((at) => thing(at).map((what) => [at, what] as const)),
  { minLength: 1, maxLength: 8 },
);

describe('a hostile bundle', () => {
  it('is given a verdict, or refused with an error that names the file', async () => {
    let judged = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(bundle, async (things) => {
        const dir = await laid(things);
        try {
          const { decision, assessed } = await judgeBundle(dir, options);
          expect(decision.verdict).to.be.oneOf(['Promote', 'Abort', 'Inconclusive', 'Error']);
          expect(decision.message).to.not.equal('');
          expect(assessed.power).to.be.within(0, 100);
          judged += 1;
        } catch (error) {
          if (!isCoded(error, 'BUNDLE_INVALID')) throw error;
          expect(error.message).to.contain(dir);
          refused += 1;
        } finally {
          await rm(dir, { recursive: true, force: true });
        }
      }),
      { numRuns: 250 },
    );
    expect(Math.min(judged, refused), 'both happen').to.be.greaterThan(10);
  });

  const refusal = async (things: readonly (readonly [string, Thing])[]): Promise<string> => {
    const dir = await laid(things);
    try {
      await judgeBundle(dir, options);
      return 'was judged';
    } catch (error) {
      return error instanceof Error ? error.message.replaceAll(dir, 'DIR') : String(error);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  };
  const file = (text: string): Thing => ({ kind: 'file', bytes: bytes(text) });

  it('is laid out without a write through its own links', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'outside-'));
    const victim = join(outside, 'victim');
    await writeFile(victim, 'as it was');
    const dir = await laid([
      ['change.json', { kind: 'link', to: victim }],
      ['change.json', file('{}')],
      ['stable', { kind: 'link', to: outside }],
      ['stable/victim', file('{}')],
      ['stable/p/web.log', file('x')],
    ]);
    try {
      expect(await readFile(victim, 'utf8')).to.equal('as it was');
      expect(await readdir(outside)).to.deep.equal(['victim']);
    } finally {
      await rm(dir, { recursive: true, force: true });
      await rm(outside, { recursive: true, force: true });
    }
  });

  it('cannot lead out of its folder', async () => {
    expect(await refusal([['canary/p/web.log', { kind: 'link', to: '/etc/passwd' }]])).to.equal(
      'DIR/canary/p/web.log must be a file: links, pipes and devices are not read',
    );
    expect(await refusal([['canary', { kind: 'link', to: '/' }]])).to.equal('DIR/canary must be a directory');
    expect(
      await refusal([
        ['canary/p/web.log', file('x')],
        ['change.json', { kind: 'link', to: '/etc/passwd' }],
      ]),
    ).to.equal('DIR/change.json must be a file: links, pipes and devices are not read');
  });

  it('cannot make the reader wait', async () => {
    const dir = await laid([['canary/p/pod.json', file('{}')]]);
    try {
      await promisify(execFile)('mkfifo', [join(dir, 'canary/p/web.log')]);
      const error = await judgeBundle(dir, options).catch((e: unknown) => e);
      expect(error).to.include({ code: 'BUNDLE_INVALID' });
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });

  it('names a folder in the place of a file', async () => {
    const folder: Thing = { kind: 'folder' };
    expect(await refusal([['canary/p/pod.json', folder]])).to.match(/pod\.json must be a file: below a pod/);
    expect(await refusal([['canary/events.json', folder]])).to.equal(
      'DIR/canary/events.json must be a file: it is a directory',
    );
  });
});

describe('collected.json', () => {
  const log600 = Array.from(
    { length: 600 },
    (_, i) =>
      `${new Date(Date.parse('2026-01-01T00:00:00Z') + i * 1000).toISOString()} INFO placed order ${i}\n`,
  ).join('');
  const judged = async (collected: object) => {
    const dir = await laid([
      ['stable/a/web.log', { kind: 'file', bytes: bytes(log600) }],
      ['canary/b/web.log', { kind: 'file', bytes: bytes(log600) }],
      ['collected.json', { kind: 'file', bytes: bytes(JSON.stringify(collected)) }],
    ]);
    try {
      return await judgeBundle(dir, options);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  };
  const window = { from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:10:00Z' };

  it('sets the window: what was logged outside is known, not counted', async () => {
    const { distilled, decision } = await judged({ window: { ...window, from: '2026-01-01T00:05:00Z' } });
    expect(distilled.templates[0]?.canary).to.include({ count: 300, outside: 300 });
    expect(decision.verdict).to.equal('Promote');
  });

  it('never lets a bundle promote whose canary log could not all be read', async () => {
    const { decision, evidence } = await judged({
      window,
      logsComplete: { stable: true, canary: false },
      gaps: ['canary pod b, container web: the log was refused (403)'],
    });
    expect(decision).to.include({ verdict: 'Inconclusive', reason: 'InsufficientEvidence' });
    expect(evidence.gaps).to.deep.equal(['canary pod b, container web: the log was refused (403)']);
  });

  it('says what was recorded, and as which look it was judged', async () => {
    const { recorded, look } = await judged({ window, look: 3, recorded: { verdict: 'Promote' } });
    expect({ recorded, look }).to.deep.equal({ recorded: { verdict: 'Promote' }, look: 3 });
  });
});
