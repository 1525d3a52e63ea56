import { expect } from 'chai';
import { ApiError } from '../../../../crds/client/api-error.ts';
import { CodedError } from '../../../../crds/errors.ts';
import { LOG_LEVELS, parseLogLevel } from '../../../../operator/kernel/logger.ts';
import { captureLog } from '../../../support/log-capture.ts';

describe('LOG_LEVEL', () => {
  it('takes every documented level, in any case', () => {
    for (const level of LOG_LEVELS) expect(parseLogLevel(` ${level.toUpperCase()} `)).to.equal(level);
    expect(parseLogLevel('warning')).to.equal('warn');
  });

  it('is info when absent or empty', () => {
    expect(parseLogLevel(undefined)).to.equal('info');
    expect(parseLogLevel('')).to.equal('info');
  });

  it('refuses any other, naming those that exist', () => {
    expect(() => parseLogLevel('verbose')).to.throw(
      CodedError,
      'panic, fatal, error, warn, info, debug, trace',
    );
  });
});

describe('the logger', () => {
  it('writes a line of JSON with time, level, message and fields', () => {
    const { logger, lines } = captureLog({ now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678) });
    logger.info('analysis complete', { verdict: 'Promote', durationMs: 12 });
    expect(lines).to.deep.equal([
      {
        timestamp: '2026-01-02T03:04:05.678Z',
        level: 'info',
        message: 'analysis complete',
        verdict: 'Promote',
        durationMs: 12,
      },
    ]);
  });

  for (const [index, level] of LOG_LEVELS.entries()) {
    it(`at ${level} shows that and what is more urgent`, () => {
      const { logger, lines } = captureLog({ level });
      for (const each of ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const) logger[each](each);
      expect(lines.map((line) => line['level'])).to.deep.equal(LOG_LEVELS.slice(1, index + 1));
      expect(LOG_LEVELS.filter((each) => logger.isEnabled(each))).to.deep.equal(
        LOG_LEVELS.slice(0, index + 1),
      );
    });
  }

  it('gives a child the fields of its parents', () => {
    const { logger, lines } = captureLog();
    logger.child({ controller: 'analysis', key: 'a' }).child({ key: 'b' }).info('m', { extra: true });
    expect(lines[0]).to.deep.include({ controller: 'analysis', key: 'b', extra: true });
  });

  it('never lets a field take the place of time, level or message', () => {
    const { logger, lines } = captureLog();
    logger.info('said', { message: 'field', level: 'field', timestamp: 'field' });
    expect(lines[0]).to.include({
      message: 'said',
      level: 'info',
      message_: 'field',
      level_: 'field',
      timestamp_: 'field',
    });
  });

  it('shows an error with its code, status and causes, and nothing else that it carries', () => {
    const { logger, lines } = captureLog();
    const socket = Object.assign(new Error('read ECONNRESET'), {
      code: 'ECONNRESET',
      headers: { authorization: 'secret' },
    });
    const refused = new ApiError('API_THROTTLED', 'later', { status: 429 }, { cause: socket });
    logger.error('failed', { error: new CodedError('EVIDENCE_UNREADABLE', 'no log', { cause: refused }) });
    expect(lines[0]?.['error']).to.deep.equal({
      code: 'EVIDENCE_UNREADABLE',
      name: 'CodedError',
      message: 'no log',
      cause: {
        code: 'API_THROTTLED',
        name: 'ApiError',
        message: 'later',
        status: 429,
        cause: { code: 'ECONNRESET', name: 'Error', message: 'read ECONNRESET' },
      },
    });
  });

  it('shows the stack of an error that nobody threw on purpose', () => {
    const { logger, lines } = captureLog();
    logger.error('failed', { error: new TypeError('x is not a function') });
    const [{ error } = {}] = lines;
    expect((error as { stack: string }).stack).to.include('logger.test.ts');
  });

  it('survives errors that are their own cause, deep values, and values that JSON has not', () => {
    const { logger, lines } = captureLog();
    const error = new CodedError('ABORTED', 'a');
    error.cause = error;
    const deep: Record<string, unknown> = {};
    deep['self'] = deep;
    logger.info('m', {
      error,
      deep,
      big: 10n,
      when: new Date(Number.NaN),
      nothing: undefined,
      thrown: 'text',
    });
    expect(lines[0]).to.include({ big: '10', when: null, thrown: 'text' });
  });

  it('leaves out credentials, headers and bodies at any depth, but not counts of tokens', () => {
    const { logger, lines } = captureLog();
    logger.info('m', {
      usage: { tokens: 5, apiKey: 'secret', 'x-nothing': 1 },
      list: [{ Authorization: 'secret', body: 'secret', headers: { cookie: 'secret' } }],
      api_key: 'secret',
    });
    expect(JSON.stringify(lines)).not.to.include('secret');
    expect(lines[0]?.['usage']).to.deep.equal({ tokens: 5, 'x-nothing': 1 });
  });

  it('passes every string of the fields through the sanitizer, those of errors too', () => {
    const { logger, lines } = captureLog({ sanitize: (text) => text.replaceAll('hunter2', '<password>') });
    const error = new CodedError('API_INVALID', 'hunter2 is wrong', { cause: new Error('hunter2') });
    logger.info('m', { error, list: ['hunter2'] });
    expect(JSON.stringify(lines)).not.to.include('hunter2');
  });

  it('cuts a text that would flood the log', () => {
    const { logger, lines } = captureLog();
    logger.info('m', { text: 'x'.repeat(100_000) });
    expect(String(lines[0]?.['text']).length).to.be.lessThan(9000);
  });
});
