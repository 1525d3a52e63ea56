import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { assembleFolder } from '../../../../plugin/image/folder.ts';
import { elfFile } from './elf-file.ts';

const script = join(import.meta.dirname, '../../../../plugin/image/assemble.ts');
const ARM_LOADER = '/lib/ld-linux-aarch64.so.1';

describe("the plugin's folder", () => {
  let directory: string;
  let root: string;
  let output: string;
  let node: string;
  let bundle: string;

  const put = (path: string, content: Buffer | string = ''): void => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), content, { mode: 0o600 });
  };
  const assemble = (): Promise<string[]> => assembleFolder({ output, node, bundle, root });
  const failure = async (): Promise<string> =>
    assemble().then(
      () => 'assembled',
      (error: Error) => error.message,
    );

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'folder-'));
    root = join(directory, 'root');
    output = join(directory, 'output');
    node = join(root, 'node');
    bundle = join(root, 'plugin.mjs');
    put('node', elfFile({ machine: 183, loader: ARM_LOADER, needed: ['libm.so.6', 'libc.so.6'] }));
    put('plugin.mjs');
    put(ARM_LOADER, elfFile({ machine: 183 }));
    put('usr/lib/aarch64-linux-gnu/libm.so.6', elfFile({ machine: 183, needed: ['libc.so.6'] }));
    put('lib64/libc.so.6', elfFile({ machine: 62 }));
    put('lib/libc.so.6', elfFile({ machine: 183, needed: ['ld-linux-aarch64.so.1'], trailer: 'GLIBC_2.34' }));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('follows absolute links within the system that it takes files from, as Debian links its loader', async () => {
    const real = 'usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1';
    put(real, elfFile({ machine: 183, trailer: 'the loader of that system' }));
    rmSync(join(root, ARM_LOADER));
    symlinkSync(`/${real}`, join(root, ARM_LOADER));
    rmSync(join(root, 'lib/libc.so.6'));
    put('opt/libc-2.36.so', elfFile({ machine: 183, trailer: 'GLIBC_2.34' }));
    symlinkSync('/opt/libc-2.36.so', join(root, 'lib/libc.so.6'));
    await assemble();
    expect(readFileSync(join(output, 'lib/ld.so'), 'latin1')).to.contain('the loader of that system');
    expect(readFileSync(join(output, 'lib/libc.so.6'), 'latin1')).to.contain('GLIBC_2.34');
  });

  it('says so when a link leads in a circle', async () => {
    rmSync(join(root, ARM_LOADER));
    symlinkSync(ARM_LOADER, join(root, ARM_LOADER));
    expect(await failure()).to.contain(`there is no ${join(root, ARM_LOADER)}`);
  });

  it("holds the loader that Node names and its libraries of Node's own machine, and no others, all readable", async () => {
    await assemble();
    await assemble();
    expect(readdirSync(output).sort()).to.deep.equal(['lib', 'lib:', 'metric-ai', 'node', 'plugin.mjs']);
    expect(readdirSync(join(output, 'lib')).sort()).to.deep.equal(['ld.so', 'libc.so.6', 'libm.so.6']);
    const modes = [
      '',
      'lib',
      'lib/ld.so',
      'lib/libc.so.6',
      'node',
      'plugin.mjs',
      'metric-ai',
      'lib:',
      'lib:/start',
    ].map((path) => statSync(join(output, path)).mode & 0o777);
    expect(modes).to.deep.equal([0o755, 0o755, 0o755, 0o644, 0o755, 0o644, 0o755, 0o755, 0o755]);
  });

  it('replaces a library that Node no longer needs', async () => {
    await assemble();
    put('node', elfFile({ machine: 183, loader: ARM_LOADER, needed: ['libc.so.6'] }));
    await assemble();
    expect(readdirSync(join(output, 'lib')).sort()).to.deep.equal(['ld.so', 'libc.so.6']);
  });

  it('brings what looks names up where the C library does not', async () => {
    put('lib/libc.so.6', elfFile({ machine: 183, trailer: 'GLIBC_2.31' }));
    put('lib/libnss_files.so.2', elfFile({ machine: 183 }));
    expect(await failure()).to.match(/libc\.so\.6 needs libnss_dns\.so\.2 for aarch64/);
    put('lib/libnss_dns.so.2', elfFile({ machine: 183, needed: ['libresolv.so.2'] }));
    put('lib/libresolv.so.2', elfFile({ machine: 183 }));
    expect(await assemble()).to.include.members(['lib/libnss_files.so.2', 'lib/libresolv.so.2']);
  });

  it('names what is missing and touches nothing', async () => {
    rmSync(join(root, 'usr'), { recursive: true });
    expect(await failure()).to.match(
      /node needs libm\.so\.6 for aarch64, which is in none of .*aarch64-linux-gnu/,
    );
    rmSync(join(root, ARM_LOADER));
    expect(await failure()).to.include(`names the loader ${ARM_LOADER}: there is no`);
    put('node', elfFile({ machine: 62, loader: '/lib/ld-musl-x86_64.so.1' }));
    expect(await failure()).to.include("ld-musl-x86_64.so.1, which is not glibc's");
    put('node', elfFile({ machine: 62 }));
    expect(await failure()).to.include('names no dynamic loader');
    put('node', elfFile({ machine: 243, loader: '/lib/ld-linux-riscv64.so.1' }));
    expect(await failure()).to.include('neither x86-64 nor arm64');
    put('node', '#!/bin/sh\n');
    expect(await failure()).to.include('is not a 64-bit program');
    rmSync(bundle);
    expect(await failure()).to.include('plugin.mjs: run make build');
    expect(readdirSync(directory)).to.deep.equal(['root']);
  });

  it('leaves a folder alone that holds something else', async () => {
    output = root;
    expect(await failure()).to.match(/root holds \w+: name a folder that is empty/);
  });

  it('has a script that explains itself', () => {
    const help = execFileSync(process.execPath, [script, '--help'], { encoding: 'utf8' });
    expect(help).to.include('--node FILE').and.to.include('--bundle FILE');
  });
});
