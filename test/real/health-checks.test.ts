import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { buildGoProgram } from '../lab/control-plane/go-build.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const LUA = {
  name: 'lua-health',
  module: join(ROOT, 'test/lab/control-plane/modules/lua'),
  package: '.',
  about: "the Lua that Argo CD's health checks run in (seconds)",
};

describe("the health checks for Argo CD, in Argo CD's Lua", () => {
  let program: string;
  before(async function () {
    this.timeout(300_000);
    program = await buildGoProgram(LUA, (line) => process.stdout.write(`    ${line}\n`));
  });

  /** What a check says of objects. */
  async function healthOf(check: string, objects: readonly object[]): Promise<object[]> {
    const script = join(ROOT, 'kustomize/overlays/argo-cd/health', check);
    const child = spawn(program, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(JSON.stringify(objects));
    const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    expect(code).to.equal(0);
    return JSON.parse(out);
  }

  it('take a verdict for health, and its sentence for the message', async () => {
    const status = (verdict: string) => ({ status: { verdict, message: `because of ${verdict}` } });
    const verdicts = ['Promote', 'Abort', 'Inconclusive', 'Error'];
    expect(await healthOf('canary-analysis.lua', verdicts.map(status))).to.deep.equal([
      { status: 'Healthy', message: 'because of Promote' },
      { status: 'Degraded', message: 'because of Abort' },
      { status: 'Suspended', message: 'because of Inconclusive' },
      { status: 'Degraded', message: 'because of Error' },
    ]);
  });

  it('wait for a verdict, whatever else the status says', async () => {
    const undecided = [
      {},
      { status: {} },
      { status: { startTime: '2026-01-01T00:00:00Z', message: 'reading' } },
    ];
    const due = { status: 'Progressing', message: 'no verdict yet' };
    expect(await healthOf('canary-analysis.lua', undecided)).to.deep.equal([due, due, due]);
  });

  it('take the health of an Application from what it installs', async () => {
    const applications = [
      {},
      { status: { health: {} } },
      { status: { health: { status: 'Degraded', message: 'a pod crashes' } } },
    ];
    const waiting = { status: 'Progressing', message: 'not yet compared with the cluster' };
    expect(await healthOf('application.lua', applications)).to.deep.equal([
      waiting,
      waiting,
      { status: 'Degraded', message: 'a pod crashes' },
    ]);
  });
});
