import { expect } from 'chai';
import * as fc from 'fast-check';
import { createLogger, formatLine, MAX_LINE_BYTES, parseLogLevel } from '../../../plugin/logger.ts';

const TIME = new Date('2026-03-01T12:00:00.250Z');

describe('a log line', () => {
  it('is hclog JSON whose timestamp has exactly six fraction digits', () => {
    expect(
      formatLine('info', 'analysis created', TIME, { name: 'a', attempt: 2, ok: true, none: undefined }),
    ).to.equal(
      '{"name":"a","attempt":2,"ok":true,"@level":"info","@message":"analysis created","@timestamp":"2026-03-01T12:00:00.250000Z"}\n',
    );
  });

  it('escapes what would forge another line or paint the terminal', () => {
    const line = formatLine('warn', 'one\n[ERROR] two\r\u001b[31m\u2028', TIME, {
      'k\ney': 'a\nb\u0000\u202ec',
    });
    expect(JSON.parse(line)).to.deep.include({
      '@message': 'one\\n[ERROR] two\\r\\u001b[31m\\u2028',
      'k\\ney': 'a\\nb\\u0000\\u202ec',
    });
  });

  it('keeps its own keys as strings, whatever the fields are called', () => {
    const parsed = JSON.parse(
      formatLine('info', 'm', TIME, { '@message': 5, '@level': null, '@timestamp': {}, '@': 1 }),
    );
    expect(parsed['@message']).to.equal('m');
    expect(parsed['@level']).to.equal('info');
    expect(parsed['@timestamp']).to.equal('2026-03-01T12:00:00.250000Z');
    expect(parsed).to.include({ message: 5, level: null, timestamp: '{}', field: 1 });
  });

  it('turns errors and objects into text', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    const fields = { error: new TypeError('no\nway'), list: [1, 2n], cycle, nan: Number.NaN, f: () => 1 };
    expect(JSON.parse(formatLine('error', 'm', TIME, fields))).to.deep.include({
      error: 'TypeError: no\\nway',
      list: '[1,"2"]',
      cycle: '[not serialisable]',
      nan: 'NaN',
      f: '() => 1',
    });
  });

  it('is one line of ASCII-safe JSON under 64 KiB with string keys, whatever is logged', () => {
    const junk = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme', maxLength: 9000, size: 'max' }),
      fc.anything(),
    );
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.dictionary(fc.string({ unit: 'binary' }), junk, { maxKeys: 60 }),
        (message, fields) => {
          const line = formatLine('debug', message, TIME, fields);
          expect(Buffer.byteLength(line)).to.be.at.most(MAX_LINE_BYTES);
          expect(line.indexOf('\n')).to.equal(line.length - 1);
          const parsed = JSON.parse(line);
          for (const key of ['@message', '@level', '@timestamp']) expect(parsed[key]).to.be.a('string');
          for (const [key, value] of Object.entries(parsed)) {
            expect(`${key}${value}`).to.not.match(/[\p{Cc}\p{Cs}\u2028\u2029]/u);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('says when it was cut', () => {
    const long = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [`field${i}`, '\u{1f600}'.repeat(5000)]),
    );
    const line = formatLine('info', '\\'.repeat(100_000), TIME, long);
    expect(Buffer.byteLength(line)).to.be.at.most(MAX_LINE_BYTES);
    expect(JSON.parse(line)).to.include({ truncated: true }).and.to.have.property('field0');
  });
});

describe('the logger', () => {
  it('drops what is below its level and adds bound fields', () => {
    const lines: unknown[] = [];
    const logger = createLogger({
      level: 'info',
      write: (line) => lines.push(JSON.parse(line)),
      now: () => TIME,
    });
    const bound = logger.with({ analysis: 'a' });
    bound.trace('no');
    bound.debug('no');
    bound.info('yes', { n: 1 });
    bound.warn('yes');
    logger.error('yes');
    expect(lines).to.deep.equal(
      [
        { analysis: 'a', n: 1, '@level': 'info' },
        { analysis: 'a', '@level': 'warn' },
        { '@level': 'error' },
      ].map((line) => ({ ...line, '@message': 'yes', '@timestamp': '2026-03-01T12:00:00.250000Z' })),
    );
  });

  it('knows the words of LOG_LEVEL', () => {
    const words = ['panic', 'fatal', 'error', 'warn', 'WARNING', ' info ', 'Debug', 'trace', 'loud', ''];
    expect(words.map(parseLogLevel)).to.deep.equal([
      'error',
      'error',
      'error',
      'warn',
      'warn',
      'info',
      'debug',
      'trace',
      undefined,
      undefined,
    ]);
  });
});
