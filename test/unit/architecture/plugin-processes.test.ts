import { join } from 'node:path';
import { expect } from 'chai';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '../../..');

/** What Node starts processes and threads by. */
const STARTERS = ['child_process', 'cluster', 'worker_threads'];

/**
 * The host waits for the end of whatever holds the plugin's stdout or stderr, so a child could hang it for ever; and under the
 * loader that its image needs, `process.execPath` is not Node.
 */
describe('the plugin starts no process', () => {
  let text: string;
  let loaded: string[];

  before(async () => {
    const { outputFiles, metafile } = await build({
      entryPoints: [join(root, 'plugin/main.ts')],
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      format: 'esm',
    });
    text = outputFiles.map((file) => file.text).join('\n');
    loaded = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  });

  it('loads nothing that could, at once or later, itself or through a package', () => {
    expect(loaded).to.include.members(['node:net', 'node:https']);
    expect(loaded.filter((path) => STARTERS.includes(path.replace('node:', '')))).to.deep.equal([]);
    expect(
      loaded.filter((path) => !path.startsWith('node:')),
      'all else is in the bundle',
    ).to.deep.equal([]);
  });

  it('has no other way to them', () => {
    expect(text).to.include('CanaryAnalysisProvider');
    const ways =
      /\b(child_process|worker_threads|getBuiltinModule|createRequire|dlopen)\b|\bprocess\.(binding|execPath)\b/;
    expect(ways.exec(text)?.[0]).to.equal(undefined);
  });
});
