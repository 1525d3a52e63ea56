import { dirname, join, relative } from 'node:path';
import { expect } from 'chai';
import { Project } from 'ts-morph';

const root = join(import.meta.dirname, '../../..');

/** A room is the first folder, within the operator the second: `plugin`, `operator/judge`, `operator/model.ts`. */
function roomOf(path: string): string {
  const [first = '', second = ''] = path.split('/');
  return first === 'operator' ? `operator/${second}` : first;
}

const STAGES = ['evidence', 'distill', 'judge', 'review', 'github', 'bundle'].map(
  (room) => `operator/${room}`,
);
const GROUND = ['operator/redact', 'operator/kernel', 'operator/pods', 'operator/model.ts', 'crds'];
const WIRING = [...STAGES, ...GROUND, 'operator/config', 'operator/distill-worker'];

/** Which rooms each room may import from, besides itself. */
const ARROWS: Record<string, readonly string[]> = {
  crds: [],
  plugin: ['crds'],
  'operator/model.ts': ['crds'],
  'operator/kernel': ['crds'],
  'operator/redact': [],
  'operator/pods': ['operator/model.ts', 'crds'],
  'operator/config': ['crds', 'operator/model.ts'],
  ...Object.fromEntries(STAGES.map((room) => [room, GROUND])),
  'operator/distill-worker': ['operator/distill', 'operator/redact', 'operator/model.ts', 'crds'],
  'operator/analysis': WIRING,
  'operator/agent': WIRING,
  'operator/cli': [...WIRING, 'operator/agent'],
  'operator/main.ts': [...WIRING, 'operator/analysis'],
};

/** Rooms that are pure: same input, same output, no I/O. */
const PURE = ['operator/distill', 'operator/redact', 'operator/judge', 'operator/pods', 'operator/model.ts'];
const IO =
  /^(node:)?(fs|net|tls|http|https|http2|dns|dgram|child_process|worker_threads|cluster|process|os)(\/|$)/;

/** What the plugin must not load: it has to start at once and stay small. */
const HEAVY = /^(@kubernetes\/client-node|ajv|winston|yaml)(\/|$)/;

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

function imports(...folders: readonly string[]): Import[] {
  const project = new Project({ skipAddingFilesFromTsConfig: true, skipFileDependencyResolution: true });
  project.addSourceFilesAtPaths(folders.map((folder) => join(root, folder, '**/*.ts')));
  return project.getSourceFiles().flatMap((file) => {
    const from = relative(root, file.getFilePath());
    const statements = [
      ...file.getImportDeclarations().map((declaration) => ({
        specifier: declaration.getModuleSpecifierValue(),
        typeOnly:
          declaration.isTypeOnly() ||
          (declaration.getNamedImports().length > 0 &&
            declaration.getNamedImports().every((name) => name.isTypeOnly())),
      })),
      ...file.getExportDeclarations().flatMap((declaration) => {
        const specifier = declaration.getModuleSpecifierValue();
        return specifier === undefined ? [] : [{ specifier, typeOnly: declaration.isTypeOnly() }];
      }),
    ];
    return statements.map(({ specifier, typeOnly }) => ({
      from,
      to: specifier.startsWith('.') ? relative(root, join(root, dirname(from), specifier)) : specifier,
      typeOnly,
    }));
  });
}

describe('the arrows between the rooms', () => {
  let all: Import[];
  before(() => {
    all = imports('crds', 'plugin', 'operator');
  });

  it('sees the imports it judges', () => {
    expect(all.length).to.be.greaterThan(50);
  });

  it('go only where the design lets them', () => {
    const wrong = all.filter(({ from, to }) => {
      if (!/^(crds|plugin|operator)\//.test(to)) return to.startsWith('..') || to.startsWith('test/');
      const source = roomOf(from);
      const target = roomOf(to);
      return source !== target && !(ARROWS[source] ?? []).includes(target);
    });
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).to.deep.equal([]);
  });

  it('know every room', () => {
    const rooms = new Set(all.map(({ from }) => roomOf(from)));
    expect([...rooms].filter((room) => ARROWS[room] === undefined)).to.deep.equal([]);
  });

  it('bring no I/O into the pure rooms', () => {
    const wrong = all.filter(({ from, to }) => PURE.includes(roomOf(from)) && IO.test(to));
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).to.deep.equal([]);
  });

  it('keep the plugin light', () => {
    const light = (from: string): boolean => /^(plugin|crds\/client|crds\/v1alpha1)\//.test(from);
    const wrong = all.filter(({ from, to, typeOnly }) => light(from) && !typeOnly && HEAVY.test(to));
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).to.deep.equal([]);
  });

  it('make the lab a library: it knows no tests, and the demo knows nothing else of them', () => {
    const lab = imports('test/lab', 'examples/demo');
    expect(lab.length).to.be.greaterThan(50);
    const wrong = lab.filter(({ to }) => to.startsWith('test/') && !to.startsWith('test/lab/'));
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).to.deep.equal([]);
  });
});
