import { expect } from 'chai';
import { createDistillTask, type DistillTaskOptions } from '../../../../operator/distill-worker/index.ts';
import type { Distilled, LogSource } from '../../../../operator/model.ts';
import { distil } from '../distill/support.ts';

const source: LogSource = { side: 'canary', pod: 'web-1', container: 'web', kind: 'app', previous: false };
const LINES = Array.from(
  { length: 400 },
  (_, k) =>
    `2026-01-01T00:00:${String(k % 60).padStart(2, '0')}Z ERROR order ${k} of bob@example.com took ${k}ms`,
).join('\n');
const windows = { stable: undefined, canary: undefined };

async function run(options: Partial<DistillTaskOptions>, chunk = 1_000): Promise<Distilled> {
  const task = createDistillTask({ windows, ...options });
  try {
    const writer = task.open(source);
    const bytes = Buffer.from(LINES);
    const reused = Buffer.alloc(chunk);
    for (let from = 0; from < bytes.length; from += chunk) {
      const n = bytes.copy(reused, 0, from, from + chunk);
      writer.write(reused.subarray(0, n));
      await writer.drained?.();
    }
    writer.end();
    return await task.result();
  } finally {
    await task.close();
  }
}

describe('createDistillTask', () => {
  it('gives the same result in a thread as at once, whatever becomes of the chunks', async () => {
    const whole = distil([{ source, text: LINES }]);
    expect(await run({})).to.deep.equal(whole);
    expect(await run({ inlineBytes: 0 })).to.deep.equal(whole);
    expect(await run({ inlineBytes: 5_000 }, 777)).to.deep.equal(whole);
  });

  it('hands nothing out of the thread that is not redacted', async () => {
    const result = await run({ inlineBytes: 0 });
    expect(JSON.stringify(result)).not.to.contain('bob@');
    expect(result.redactions).to.be.greaterThan(0);
  });

  it('marks equal values alike in whatever thread has the key, and templates not at all', async () => {
    const redactionKey = new Uint8Array(32).fill(7);
    const there = await run({ inlineBytes: 0, redactionKey });
    expect(await run({ redactionKey })).to.deep.equal(there);
    expect(there.templates[0]?.canary.samples[0]).to.match(/<email#[0-9a-f]{4}>/);
    expect(there.templates[0]?.text).to.contain('<email>');
    const other = await run({ redactionKey: new Uint8Array(32).fill(8) });
    expect(other.templates[0]?.text).to.equal(there.templates[0]?.text);
    expect(other.templates[0]?.canary.samples).not.to.deep.equal(there.templates[0]?.canary.samples);
  });

  it('knows in the thread when a container started', async () => {
    const startedAt = () => Date.parse('2026-01-01T00:00:00Z');
    const result = await run({ inlineBytes: 0, startupMs: 30_000, startedAt });
    expect(result.templates[0]?.canary).to.include({ count: 400, startup: 210 });
  });

  it('lets a writer wait while the thread is behind, and go on when it has caught up', async () => {
    const task = createDistillTask({ windows, inlineBytes: 0 });
    const writer = task.open(source);
    const chunk = Buffer.from(`${LINES}\n`.repeat(60));
    let waits = 0;
    for (let k = 0; k < 20; k += 1) {
      writer.write(chunk);
      const drained = writer.drained?.();
      if (drained !== undefined) waits += 1;
      await drained;
    }
    expect(waits).to.be.greaterThan(0);
    writer.end();
    const { lines } = await task.result();
    expect(lines.canary).to.equal(400 * 60 * 20);
    await task.close();
  });

  it('ends the thread when the signal fires, and says so', async () => {
    const controller = new AbortController();
    const task = createDistillTask({ windows, inlineBytes: 0, signal: controller.signal });
    const writer = task.open(source);
    for (let k = 0; k < 200; k += 1) writer.write(Buffer.from(LINES));
    const result = task.result();
    controller.abort();
    const error = await result.catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'ABORTED' });
    writer.write(Buffer.from(LINES));
    expect(writer.drained?.()).to.equal(undefined);
    await task.close();
  });

  it('gives no result for an analysis that was aborted before it began', async () => {
    const task = createDistillTask({ windows, signal: AbortSignal.abort() });
    expect(await task.result().catch((reason: unknown) => reason)).to.include({ code: 'ABORTED' });
    await task.close();
  });

  it('tells when its thread was ended under it', async () => {
    const task = createDistillTask({ windows, inlineBytes: 0 });
    task.open(source).write(Buffer.from(LINES));
    const result = task.result();
    await task.close();
    expect(await result.catch((reason: unknown) => reason)).to.include({ code: 'EVIDENCE_UNREADABLE' });
  });

  it('holds as many templates as there may be, with the longest texts, within the bound on its heap', async () => {
    const task = createDistillTask({ windows, inlineBytes: 0 });
    const letters = (k: number): string =>
      [...k.toString(26).padStart(4, '0')]
        .map((c) => String.fromCharCode(97 + Number.parseInt(c, 26)))
        .join('');
    for (const side of ['stable', 'canary'] as const) {
      const writer = task.open({ ...source, side });
      for (let k = 0; k < 6_000; k += 1) {
        const words = Array.from({ length: 160 }, (_, n) => letters(k * 61 + n * 7)).join(' ');
        for (let sample = 0; sample < 3; sample += 1) {
          writer.write(Buffer.from(`2026-01-01T00:00:00Z ERROR ${words} ${sample}\n`));
          await writer.drained?.();
        }
      }
      writer.end();
    }
    const { templates, overflow } = await task.result();
    await task.close();
    expect(templates).to.have.length(5_000);
    expect(overflow.canary).to.equal(3_000);
  });

  it('makes a thread that runs out of memory a named failure', async () => {
    const task = createDistillTask({ windows, inlineBytes: 0, maxTemplates: 10_000_000 });
    const writer = task.open(source);
    const result = task.result.bind(task);
    const words = 'abcdefghij '.repeat(45);
    for (let k = 0; k < 200_000 && k >= 0; k += 1) {
      writer.write(
        Buffer.from(
          `ERROR ${k.toString(26).replace(/\d/g, (d) => 'qrstuvwxyz'[Number(d)] ?? 'q')}x ${words}\n`,
        ),
      );
      await writer.drained?.();
    }
    writer.end();
    const error = await result().catch((reason: unknown) => reason);
    await task.close();
    expect(error).to.include({ code: 'EVIDENCE_UNREADABLE' });
    expect(error)
      .to.have.property('message')
      .that.matches(/^the thread that distils logs failed/);
  });
});
