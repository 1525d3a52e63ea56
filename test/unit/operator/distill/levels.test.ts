import { expect } from 'chai';
import fc from 'fast-check';
import { levelOfNumber, levelOfWord, levelOnScale } from '../../../../operator/distill/levels.ts';
import type { Level } from '../../../../operator/model.ts';
import { templatesOf } from './support.ts';

const ORDER: readonly Level[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/** One line per logger → level logger|text. */
const LINES: readonly (readonly [string, string, string])[] = [
  ['Tornado', '[E 260101 10:00:00 web:14] order 7 failed', 'error web|order <num> failed'],
  ['Tornado', '[I 260101 10:00:00 web:12] order 7 placed', 'info web|order <num> placed'],
  ['Jupyter', '[W 2026-01-02 10:00:00.123 ServerApp] no kernel', 'warn ServerApp|no kernel'],
  ['a letter in brackets', '[E] order 7 failed', 'error -|order <num> failed'],
  [
    'a letter in brackets behind a timestamp',
    '[2026-01-02 15:04:05] [E] order 7 failed',
    'error -|order <num> failed',
  ],
  ['two boxes', '[W][worker] slow', 'warn -|slow'],
  ['systemd', '<3>disk failed', 'error -|disk failed'],
  ['systemd', '<6>started', 'info -|started'],
  [
    'Chromium',
    '[42:42:0102/150405.678901:ERROR:gpu_init.cc(42)] no passthrough',
    'error gpu_init.cc|no passthrough',
  ],
  ['Elixir with metadata', '15:04:05.123 request_id=FabCd [error] terminating', 'error -|terminating'],
  ['Elixir', '15:04:05.123 [warning] slow', 'warn -|slow'],
  ['geth', 'ERROR[01-02|15:04:05.123] no peer', 'error -|no peer'],
  ['log15', 'lvl=eror msg="no peer"', 'error -|no peer'],
  [
    'WebLogic',
    '####<Jan 2, 2026 3:04:05 PM UTC> <Error> <HTTP> <web> no servlet',
    'error HTTP|<web> no servlet',
  ],
  ['log/slog between two levels', 'time=2026-01-02T15:04:05Z level=ERROR+4 msg=boom', 'error -|boom'],
  ['zerolog', '3:04PM PNC boom', 'fatal -|boom'],
  ['Serilog', '[15:04:05 VRB] boom', 'debug -|boom'],
  ['PHP-FPM', '[02-Jan-2026 15:04:05] ERROR: unable to bind', 'error -|unable to bind'],
  ['HAProxy', '[ALERT]    (42) : config : boom', 'fatal config|boom'],
  ['PostgreSQL', '2026-01-02 15:04:05.123 UTC [42] ERROR:  no relation', 'error -|no relation'],
  ['nginx', '2026/01/02 15:04:05 [error] 7#7: *1 connect() failed', 'error -|connect() failed'],
  ['.NET', 'crit: App.Worker[0] boom', 'fatal App.Worker|boom'],
];

/** One JSON record per logger → level|text. */
const RECORDS: readonly (readonly [string, object, string])[] = [
  ['levelno of Python', { levelno: 40, message: 'm' }, 'error|m'],
  ['levelno of Python', { levelno: 30, message: 'm' }, 'warn|m'],
  ['a level that is not set', { levelno: 0, message: 'm' }, 'unknown|m'],
  ['structlog', { level_number: 50, event: 'm' }, 'fatal|m'],
  ['severityNumber of OpenTelemetry', { severityNumber: 17, body: 'm' }, 'error|m'],
  ['severityNumber of OpenTelemetry', { severityNumber: 9, body: { stringValue: 'm' } }, 'info|m'],
  ['a severity that is not given', { severityNumber: 0, body: 'm' }, 'unknown|m'],
  ['names of OpenTelemetry', { severityNumber: 'SEVERITY_NUMBER_WARN2', body: 'm' }, 'warn|m'],
  ['its text before its number', { severityText: 'ERROR', severityNumber: 9, body: 'm' }, 'error|m'],
  ['LogSeverity of Google Cloud', { severity: 500, message: 'm' }, 'error|m'],
  ['a syslog severity', { severity: 4, message: 'm' }, 'warn|m'],
  ['Monolog', { message: 'm', level: 400, level_name: 'ERROR', channel: 'app' }, 'error|m'],
  ['Monolog without the name', { message: 'm', level: 300 }, 'warn|m'],
  ['numbers of .NET', { LogLevel: 2, Message: 'm' }, 'info|m'],
  ['numbers of .NET', { LogLevel: 4, Message: 'm' }, 'error|m'],
  ['log4js', { level: { level: 40000, levelStr: 'ERROR' }, message: 'm' }, 'error|m'],
  ['journald', { PRIORITY: '3', MESSAGE: 'm' }, 'error|m'],
  ['Serilog, compact', { '@t': 'x', '@mt': 'm', '@l': 'Error' }, 'error|m'],
  ['Serilog, compact, Information', { '@t': 'x', '@mt': 'm' }, 'info|m'],
  ['zap in development', { L: 'WARN', M: 'm' }, 'warn|m'],
  ['pino', { level: 40, msg: 'm' }, 'warn|m'],
];

describe('levels', () => {
  for (const [name, line, expected] of LINES) {
    it(`of ${name}: ${line}`, () => expect(templatesOf(line)).to.deep.equal([`1 ${expected}`]));
  }
  for (const [name, record, expected] of RECORDS) {
    it(`of ${name}: ${JSON.stringify(record)}`, () => {
      expect(templatesOf(JSON.stringify(record))).to.deep.equal([`1 ${expected.replace('|', ' -|')}`]);
    });
  }

  it('rise with the number on each scale', () => {
    const scale = fc.constantFrom('python', 'openTelemetry', 'google', 'dotnet');
    fc.assert(
      fc.property(scale, fc.nat(900), fc.nat(900), (name, a, b) => {
        const [low, high] = [a, b].toSorted((x, y) => x - y).map((n) => levelOnScale(name, n ?? 0));
        if (low === undefined || high === undefined) return;
        expect(ORDER.indexOf(low)).to.be.at.most(ORDER.indexOf(high));
      }),
    );
  });

  it('of pino, syslog and Monolog are told by the number alone', () => {
    expect([30, 40, 50, 60].map(levelOfNumber)).to.deep.equal(['info', 'warn', 'error', 'fatal']);
    expect([7, 6, 4, 3, 2].map(levelOfNumber)).to.deep.equal(['debug', 'info', 'warn', 'error', 'fatal']);
    expect([100, 250, 300, 400, 550].map(levelOfNumber)).to.deep.equal([
      'debug',
      'info',
      'warn',
      'error',
      'fatal',
    ]);
    expect([-1, 77_777, 404].map(levelOfNumber)).to.deep.equal([undefined, undefined, undefined]);
  });

  it('are no level where the word is none', () => {
    expect(levelOfWord('order')).to.equal(undefined);
    expect(levelOfWord('a-1')).to.equal(undefined);
  });
});
