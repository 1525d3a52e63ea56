import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { ContainerLog } from '../../../lab/kubelet/container-log.ts';
import { type LogOptions, readLog } from '../../../lab/kubelet/log-reader.ts';
import {
  formatNanoseconds,
  type NanosecondClock,
  nanosecondClock,
  normalizeNanoseconds,
} from '../../../lab/kubelet/nanosecond-clock.ts';
import { collect } from '../../../support/promises.ts';

const START = 1_767_225_600_000_000_000n;

/** 2026-01-01T00:00:00.000000001Z and on, a nanosecond a record. */
function countingClock(): NanosecondClock {
  let ticks = 0n;
  return {
    next: () => {
      ticks += 1n;
      return formatNanoseconds(START + ticks);
    },
  };
}

describe('container logs', () => {
  let directory: string;
  let logs = 0;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'container-log-test-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  const newLog = (): ContainerLog => {
    logs += 1;
    return new ContainerLog(join(directory, `${logs}.log`), countingClock());
  };
  const read = async (log: ContainerLog, options: LogOptions = {}): Promise<string> =>
    Buffer.concat(await collect(readLog(log, options, new AbortController().signal))).toString();
  const lines = (log: ContainerLog, count: number): void => {
    for (let line = 1; line <= count; line += 1) log.append('stdout', Buffer.from(`line ${line}\n`));
  };

  it('are kept as CRI records', () => {
    const log = newLog();
    log.append('stdout', Buffer.from('out\nunfin'));
    log.append('stderr', Buffer.from('err\n'));
    log.append('stdout', Buffer.from('ished'));
    log.close();
    expect(readFileSync(log.path, 'utf8')).to.equal(
      [
        '2026-01-01T00:00:00.000000001Z stdout F out',
        '2026-01-01T00:00:00.000000002Z stderr F err',
        '2026-01-01T00:00:00.000000003Z stdout P unfinished',
        '',
      ].join('\n'),
    );
  });

  it('give back each byte of a stream, however it was chunked', async () => {
    const text = fc.array(fc.constantFrom('a', 'é', '\n', '\r', ' ', 'x'.repeat(9000)), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(40_000)), async (parts, cuts) => {
        const log = newLog();
        let rest = Buffer.from(parts.join(''));
        for (const cut of cuts) {
          log.append('stdout', rest.subarray(0, cut));
          rest = rest.subarray(cut);
        }
        log.append('stdout', rest);
        log.close();
        expect(await read(log)).to.equal(parts.join(''));
      }),
      { numRuns: 50 },
    );
  });

  it('show the last lines only, wherever a read of the file would end', async () => {
    const log = newLog();
    log.append('stdout', Buffer.from(`${'y'.repeat(15_000)}\n`.repeat(40)));
    lines(log, 3);
    expect(await read(log, { tailLines: 2 })).to.equal('line 2\nline 3\n');
    expect(await read(log, { tailLines: 0 })).to.equal('');
    expect((await read(log, { tailLines: 43 })).length).to.equal(40 * 15_001 + 21);
    expect((await read(log, { tailLines: 42 })).length).to.equal(39 * 15_001 + 21);
    expect((await read(log, { tailLines: 1000 })).length).to.equal(40 * 15_001 + 21);
    log.close();
  });

  it('show timestamps of nine digits, and only what is since a time', async () => {
    const log = newLog();
    lines(log, 3);
    const since = '2026-01-01T00:00:00.000000002Z';
    expect(await read(log, { since, timestamps: true })).to.equal(
      '2026-01-01T00:00:00.000000002Z line 2\n2026-01-01T00:00:00.000000003Z line 3\n',
    );
    expect(await read(log, { since, tailLines: 1 })).to.equal('line 3\n');
    log.close();
  });

  it('stop at the byte limit in the middle of a line', async () => {
    const log = newLog();
    lines(log, 3);
    expect(await read(log, { limitBytes: 9 })).to.equal('line 1\nli');
    log.close();
  });

  it('are followed until the process ends', async () => {
    const log = newLog();
    lines(log, 1);
    const reader = readLog(log, { follow: true }, new AbortController().signal);
    expect(String((await reader.next()).value)).to.equal('line 1\n');
    const second = reader.next();
    log.append('stderr', Buffer.from('more\n'));
    expect(String((await second).value)).to.equal('more\n');
    const third = reader.next();
    log.append('stdout', Buffer.from('unfinished'));
    log.close();
    expect(String((await third).value)).to.equal('unfinished');
    expect((await reader.next()).done).to.equal(true);
  });

  it('end a follow when nobody reads any more', async () => {
    const log = newLog();
    const gone = new AbortController();
    const reader = readLog(log, { follow: true }, gone.signal);
    const pending = reader.next();
    gone.abort();
    expect((await pending).done).to.equal(true);
    log.close();
  });
});

describe('log timestamps', () => {
  it('never repeat', () => {
    const clock = nanosecondClock();
    const stamps = Array.from({ length: 1000 }, () => clock.next());
    expect([...new Set(stamps)].sort()).to.deep.equal(stamps);
  });

  it('are compared in one form, whatever digits and offset they come with', () => {
    expect(normalizeNanoseconds('2026-01-01T02:00:00.5+02:00')).to.equal('2026-01-01T00:00:00.500000000Z');
    expect(normalizeNanoseconds('2026-01-01T00:00:00Z')).to.equal('2026-01-01T00:00:00.000000000Z');
    expect(normalizeNanoseconds('yesterday')).to.equal(undefined);
  });
});
