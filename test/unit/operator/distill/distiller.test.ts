import { expect } from 'chai';
import fc from 'fast-check';
import { createDistiller } from '../../../../operator/distill/index.ts';
import { createRedactor } from '../../../../operator/redact/index.ts';
import { distil, sourceOf as source, templatesOf as templates } from './support.ts';

const T0 = Date.parse('2026-01-01T00:00:00Z');
const at = (seconds: number): string => new Date(T0 + seconds * 1000).toISOString();

describe('createDistiller', () => {
  it('counts per side and pod, inside and outside the window, and start-up apart', () => {
    const line = (second: number): string => `${at(second)} INFO served request ${second}`;
    const window = { from: T0 + 10_000, to: T0 + 200_000 };
    const { templates, span, lines } = distil(
      [
        { source: source('stable', 'web-1'), text: [line(0), line(20), line(100), line(300)].join('\n') },
        { source: source('stable', 'web-2'), text: line(150) },
        { source: source('canary', 'web-3'), text: `${line(100)}\n${line(170)}\n` },
      ],
      {
        windows: { stable: window, canary: window },
        startedAt: ({ pod }) => (pod === 'web-1' ? T0 : pod === 'web-2' ? T0 + 150_000 : T0 + 100_000),
      },
    );
    expect(templates).to.have.length(1);
    expect(templates[0]?.stable).to.deep.include({
      count: 3,
      startup: 2,
      outside: 2,
      pods: { 'web-1': 2, 'web-2': 1 },
    });
    expect(templates[0]?.stable).to.include({ first: T0 + 20_000, last: T0 + 150_000 });
    expect(templates[0]?.canary).to.deep.include({ count: 2, startup: 1, outside: 0 });
    expect(span.stable).to.deep.equal({ from: T0, to: T0 + 300_000 });
    expect(lines).to.deep.equal({ stable: 5, canary: 2 });
  });

  it('knows no start-up of a container whose start is not known', () => {
    const text = `${at(100)} INFO tick\n${at(110)} INFO tick\n`;
    const known = distil([{ source: source('canary'), text }], { startedAt: () => T0 + 45_000 });
    expect(known.templates[0]?.canary).to.include({ count: 2, startup: 1 });
    const unknown = distil([{ source: source('canary'), text }]);
    expect(unknown.templates[0]?.canary).to.include({ count: 2, startup: 0 });
  });

  it('counts everything as inside where lines have no timestamps', () => {
    const window = { from: T0, to: T0 + 1 };
    const { templates, span } = distil([{ source: source('canary'), text: 'INFO x\nINFO x\n' }], {
      windows: { stable: window, canary: window },
    });
    expect(templates[0]?.canary).to.include({ count: 2, startup: 0, outside: 0 });
    expect(span).to.deep.equal({ stable: undefined, canary: undefined });
  });

  it('joins a Java trace to the record before it and counts it once', () => {
    const trace = [
      '2024-01-02 15:04:05.123 ERROR 1 --- [exec-7] c.acme.OrderController : order 17 failed',
      'java.lang.IllegalStateException: no stock for 17',
      '\tat com.acme.Stock.take(Stock.java:12)',
      '\tat com.acme.Orders.place(Orders.java:99)',
      '\t... 12 common frames omitted',
      'Caused by: java.sql.SQLException: timeout after 30ms',
      '\tat org.pg.Driver.run(Driver.java:5)',
    ];
    expect(templates(...trace, ...trace)).to.deep.equal([
      '2 error c.acme.OrderController|order <num> failed | java.lang.IllegalStateException: no stock for <num> | Caused by: java.sql.SQLException: timeout after <dur> | at com.acme.Stock.take(Stock.java:<num>) | at com.acme.Orders.place(Orders.java:<num>) | ... <num> common frames omitted',
    ]);
  });

  it('makes a record of an exception that stands alone', () => {
    expect(templates('INFO fine', 'java.lang.NullPointerException: null', '\tat a.B.c(B.java:1)')).to.include(
      '1 error -|java.lang.NullPointerException: null | at a.B.c(B.java:<num>)',
    );
  });

  it('joins a Python traceback, which ends with the exception', () => {
    const traceback = [
      'Traceback (most recent call last):',
      '  File "/app/main.py", line 10, in handle',
      '    return run(order)',
      '  File "/app/run.py", line 3, in run',
      "    raise ValueError('bad')",
      'ValueError: bad order 7',
    ];
    const frames = 'File "/app/main.py", line <num>, in handle | File "/app/run.py", line <num>, in run';
    expect(templates('ERROR:app:failed', ...traceback, 'INFO:app:next')).to.have.members([
      `1 error app|failed | ValueError: bad order <num> | ${frames}`,
      '1 info app|next',
    ]);
    expect(templates(...traceback)).to.deep.equal([`1 error -|ValueError: bad order <num> | ${frames}`]);
  });

  it('joins the goroutines behind a Go panic', () => {
    expect(
      templates(
        'panic: runtime error: invalid memory address or nil pointer dereference',
        '[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x48f]',
        '',
        'goroutine 1 [running]:',
        'main.handle(0x0)',
        '\t/app/main.go:12 +0x1d',
        'main.main()',
        '\t/app/main.go:7 +0x20',
        'exit status 2',
      ),
    ).to.deep.equal([
      '1 fatal -|panic: runtime error: invalid memory address or nil pointer dereference | main.handle(<hex>) | main.main()',
    ]);
  });

  it('joins Node and Rust traces', () => {
    expect(
      templates('Error: boom 7', '    at run (/app/a.js:1:2)', '    at main (/app/b.js:3:4)'),
    ).to.deep.equal([
      '1 error -|Error: boom <num> | at run (/app/a.js:<num>:<num>) | at main (/app/b.js:<num>:<num>)',
    ]);
    expect(
      templates(
        "thread 'main' panicked at src/main.rs:4:5:",
        'no such file',
        'note: run with `RUST_BACKTRACE=1`',
      ),
    ).to.deep.equal(["1 fatal -|thread 'main' panicked at src/main.rs:<num>:<num>: | no such file"]);
  });

  it('puts lines in the order of their timestamps before it joins', () => {
    const lines = ['ERROR order failed', 'java.lang.RuntimeException: x', '\tat a.B.c(B.java:1)'];
    const backwards = lines.map((line, i) => `2026-01-01T00:00:00.00000${i}000Z ${line}`).reverse();
    expect(templates(...backwards)).to.deep.equal([
      '1 error -|order failed | java.lang.RuntimeException: x | at a.B.c(B.java:<num>)',
    ]);
  });

  describe('JSON records', () => {
    const cases: readonly [string, object, string][] = [
      ['pino', { level: 50, time: 1, pid: 1, msg: 'order 7 failed' }, '1 error -|order <num> failed'],
      [
        'pino with an error',
        {
          level: 50,
          msg: 'failed',
          err: { type: 'TypeError', message: 'x', stack: 'TypeError: x\n    at run (/a.js:1:2)' },
        },
        '1 error -|failed | TypeError: x | at run (/a.js:<num>:<num>)',
      ],
      [
        'pino-http',
        { level: 30, msg: 'request completed', res: { statusCode: 503 } },
        '1 error -|request completed status=503',
      ],
      ['winston', { level: 'warn', message: 'slow 12ms', timestamp: 'x' }, '1 warn -|slow <dur>'],
      ['bunyan', { name: 'shop', level: 60, msg: 'gone', v: 0 }, '1 fatal shop|gone'],
      [
        'zap',
        {
          level: 'error',
          ts: 1.5,
          logger: 'db',
          caller: 'a.go:1',
          msg: 'no route',
          error: 'dial 10.0.0.1:5432',
        },
        '1 error db|no route | dial <ip>',
      ],
      [
        'logback',
        {
          '@timestamp': 'x',
          level: 'ERROR',
          logger_name: 'c.acme.A',
          message: 'x',
          stack_trace: 'java.io.IOException: y\n\tat a.B.c(B.java:1)\n',
        },
        '1 error c.acme.A|x | java.io.IOException: y | at a.B.c(B.java:<num>)',
      ],
      ['ECS', { '@timestamp': 'x', 'log.level': 'INFO', 'log.logger': 'l', message: 'm' }, '1 info l|m'],
      ['nested ECS', { log: { level: 'error', logger: 'l' }, message: 'm' }, '1 error l|m'],
      ['python-json-logger', { levelname: 'CRITICAL', name: 'root', message: 'm' }, '1 fatal root|m'],
      [
        'a request without a level',
        { method: 'GET', path: '/u/12', status: 500 },
        '1 error -|GET /u/<num> status=500',
      ],
      [
        'a request that was not found',
        { method: 'GET', path: '/u/12', status: 404 },
        '1 warn -|GET /u/<num> status=404',
      ],
      [
        'tracing of Rust',
        { timestamp: 'x', level: 'ERROR', fields: { message: 'no pool 7' }, target: 'app::db' },
        '1 error app::db|no pool <num>',
      ],
      [
        'the .NET JSON console',
        {
          EventId: 13,
          LogLevel: 'Error',
          Category: 'Shop.Orders',
          Message: 'failed',
          Exception: 'System.TimeoutException: x\n   at A.B() in /a.cs:line 1',
          State: { Message: 'inner' },
        },
        '1 error Shop.Orders|failed | System.TimeoutException: x | at A.B() in /a.cs:line <num>',
      ],
      [
        'MongoDB',
        { t: { $date: 'x' }, s: 'E', c: 'NETWORK', id: 7, msg: 'no route' },
        '1 error NETWORK|no route',
      ],
      [
        'Google Cloud',
        { severity: 'ERROR', message: 'x', httpRequest: { status: 503, requestMethod: 'GET' } },
        '1 error -|x status=503',
      ],
      [
        'OpenTelemetry',
        {
          severity_text: 'ERROR',
          body: 'x',
          attributes: { 'exception.type': 'E', 'exception.message': 'm' },
        },
        '1 error -|x | E: m',
      ],
      [
        'loguru',
        { text: 't', record: { level: { name: 'ERROR' }, message: 'm', name: 'app' } },
        '1 error app|t',
      ],
      [
        'structlog',
        { event: 'order 7 failed', level: 'error', logger: 'app' },
        '1 error app|order <num> failed',
      ],
      ['slog', { time: 'x', level: 'WARN', msg: 'slow', source: { line: 7 } }, '1 warn -|slow'],
      ['log4j2', { instant: {}, level: 'FATAL', loggerName: 'c.A', message: 'm' }, '1 fatal c.A|m'],
      ['Serilog', { '@t': 'x', '@mt': 'm {Id}', '@l': 'Warning', SourceContext: 'A.B' }, '1 warn A.B|m {Id}'],
      ['GELF', { version: '1.1', short_message: 'm', level: 3 }, '1 error -|m'],
      ['escapes', { level: 'info', msg: 'say "hi" \u00e9\n7' }, '1 info -|say "hi" \u00e9'],
      ['no message', { level: 'info', count: 3, size: 4 }, '1 info -|{level, count, size}'],
    ];
    for (const [name, record, expected] of cases) {
      it(`reads ${name}`, () => expect(templates(JSON.stringify(record))).to.deep.equal([expected]));
    }

    it('reads a record that was cut off', () => {
      expect(templates('{"level":"error","msg":"cut of')).to.deep.equal(['1 error -|cut of']);
    });

    it('takes what only looks like JSON for text', () => {
      expect(templates('{not json at all')).to.deep.equal(['1 unknown -|{not json at all']);
    });
  });

  it('names the last error of each log', () => {
    const text = 'ERROR first\nINFO x\nERROR second\nINFO bye\n';
    const { lastWords, templates } = distil([
      { source: source('canary', 'web-1', true), text },
      { source: source('canary', 'web-2'), text: 'INFO x\n' },
    ]);
    const texts = lastWords.map(({ templateId }) => templates.find(({ id }) => id === templateId)?.text);
    expect(texts).to.deep.equal(['second', undefined]);
  });

  it('keeps three different samples, redacted, the first first', () => {
    const text = [1, 1, 2, 3, 4].map((n) => `ERROR login ${n} of bob${n}@example.com failed`).join('\n');
    const { templates, redactions } = distil([{ source: source('canary'), text }]);
    expect(templates[0]?.canary.samples).to.deep.equal([
      'ERROR login 1 of <email> failed',
      'ERROR login 2 of <email> failed',
      'ERROR login 3 of <email> failed',
    ]);
    expect(redactions).to.equal(3);
  });

  it('lets no secret out, whichever part of the result it is in', () => {
    const text = `ERROR password=hunter2 ${'x '.repeat(600)}\njava.lang.X: hunter2\n`;
    const result = distil([
      {
        source: source('canary'),
        text: text.replace('java.lang.X: hunter2', 'java.lang.RunException: pwd=hunter2'),
      },
    ]);
    expect(JSON.stringify(result)).not.to.contain('hunter2');
  });

  it('bounds the templates, keeps room for errors and counts what it left out', () => {
    const words = Array.from(
      { length: 300 },
      (_, i) => `${String.fromCharCode(97 + (i % 26))}${'z'.repeat(i)}`,
    );
    const text = `${words.map((w) => `INFO ${w}`).join('\n')}\nERROR boom\n`;
    const { templates, overflow } = distil([{ source: source('canary'), text }], { maxTemplates: 100 });
    expect(templates.length).to.be.at.most(100);
    expect(templates.map((t) => t.text)).to.include('boom');
    expect(overflow.canary).to.equal(301 - templates.length);
  });

  /** A text of its own for each number, in letters: digits would be masked. */
  const word = (k: number): string =>
    [...String(k)].map((digit) => String.fromCharCode(97 + Number(digit))).join('');
  const GRAVITY = ['debug', 'warn', 'error', 'fatal'];

  it('gives a new error the place of a rare ordinary record, and a fatal record that of an error', () => {
    const ordinary = Array.from({ length: 75 }, (_, k) =>
      `INFO o ${word(k)}\n`.repeat(k === 40 ? 1 : 2),
    ).join('');
    const errors = (from: number, to: number): string =>
      Array.from({ length: to - from }, (_, k) => `ERROR e ${word(from + k)}\n`).join('');
    const log = (side: 'stable' | 'canary', text: string) => ({ source: source(side), text });
    const texts = (logs: Parameters<typeof distil>[0]) => {
      const { templates, overflow } = distil(logs, { maxTemplates: 100 });
      return { texts: templates.map(({ text }) => text), overflow };
    };
    const one = texts([log('stable', ordinary + errors(0, 25)), log('canary', 'ERROR late\n')]);
    expect(one.texts)
      .to.include('late')
      .and.include(`o ${word(39)}`)
      .and.not.include(`o ${word(40)}`);
    expect(one.overflow).to.deep.equal({ stable: 1, canary: 0 });
    const full = texts([log('stable', errors(0, 100)), log('canary', 'ERROR late\nFATAL last\n')]);
    expect(full.texts).to.include('last').and.not.include('late');
    expect(full.texts).to.have.length(100);
    expect(full.overflow).to.deep.equal({ stable: 1, canary: 1 });
  });

  it('does not call new what had to make room', () => {
    const stable = `WARN lone\n${Array.from({ length: 99 }, (_, k) => `ERROR e ${word(k)}\n`).join('')}`;
    const canary = 'ERROR one more\nWARN lone\nINFO fine\nWARN lone\n';
    const { templates, overflow } = distil(
      [
        { source: source('stable'), text: stable },
        { source: source('canary'), text: canary },
      ],
      { maxTemplates: 100 },
    );
    expect(templates.map(({ text }) => text))
      .to.include('one more')
      .and.not.include('lone');
    expect(overflow).to.deep.equal({ stable: 1, canary: 3 });
  });

  it('keeps the gravest records in whichever order they come, and loses none from its counts', () => {
    const line = fc.record({ gravity: fc.nat(3), k: fc.nat(60) });
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 400 }),
        fc.array(line, { maxLength: 400 }),
        (stable, canary) => {
          const text = (lines: typeof stable): string =>
            lines.map(({ gravity, k }) => `${GRAVITY[gravity]?.toUpperCase()} ${word(k)}\n`).join('');
          const max = 40;
          const { templates, overflow } = distil(
            [
              { source: source('stable'), text: text(stable) },
              { source: source('canary'), text: text(canary) },
            ],
            { maxTemplates: max },
          );
          for (const [side, lines] of [
            ['stable', stable],
            ['canary', canary],
          ] as const) {
            const kept = templates.reduce((sum, template) => sum + template[side].count, 0);
            expect(kept + overflow[side]).to.equal(lines.length);
          }
          const distinct = (least: number): number =>
            new Set(
              [...stable, ...canary].filter(({ gravity }) => gravity >= least).map((l) => JSON.stringify(l)),
            ).size;
          for (const least of [1, 2, 3]) {
            const kept = templates.filter(({ level }) => GRAVITY.indexOf(level) >= least).length;
            expect(kept, GRAVITY[least]).to.equal(Math.min(max, distinct(least)));
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('survives long lines, missing newlines, ANSI, CR LF, invalid UTF-8 and binary garbage', () => {
    const long = `ERROR ${'long '.repeat(300_000)}`;
    const bytes = Buffer.concat([
      Buffer.from(`${long}\r\n\u001b[31mERROR\u001b[0m red\r\n`),
      Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x0a]),
      Buffer.from('INFO last'),
    ]);
    const { lines, bytes: counted, templates } = distil([{ source: source('canary'), text: bytes }]);
    expect(lines.canary).to.equal(4);
    expect(counted.canary).to.equal(bytes.length);
    expect(templates.map(({ level, text }) => `${level} ${text.slice(0, 9)}`)).to.include.members([
      'error red',
      'info last',
      'error long long',
    ]);
  });

  const someLine = fc.oneof(
    fc.constantFrom(
      'ERROR order failed',
      'java.lang.RuntimeException: x',
      '\tat a.B.c(B.java:1)',
      '2026-01-01T00:00:01.5Z INFO one',
      '2026-01-01T00:00:00.5Z INFO two',
      '{"level":50,"msg":"x","stack":"E: y\\n  at z"}',
      'Traceback (most recent call last):',
      '  File "a", line 1',
      'panic: x',
      'goroutine 1 [running]:',
      '2026-01-01T00:00:02Z stdout P INFO took ',
      '2026-01-01T00:00:03Z stdout F 35ms',
      '2026-01-01T00:00:01Z stderr P {"msg":"x","took_ms":',
      '{"log":"WARN slow\\n","stream":"stderr","time":"2026-01-01T00:00:04Z"}',
      '{"log":"{\\"level\\":50,","stream":"stdout","time":"2026-01-01T00:00:04Z"}',
      '<11>Jan  2 15:04:05 web app[1]: x',
      'fail: A.B[1]',
      '      indented',
      '',
    ),
    fc.string({ maxLength: 40 }),
  );
  const someLog = fc.oneof(
    fc.array(someLine, { maxLength: 30 }).map((lines) => Buffer.from(lines.join('\n'))),
    fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  );

  it('gives the same result however the bytes are cut into chunks', () => {
    fc.assert(
      fc.property(
        someLog,
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 40 }),
        (bytes, cuts) => {
          const whole = distil([{ source: source('canary'), text: bytes }]);
          const distiller = createDistiller({
            windows: { stable: undefined, canary: undefined },
            redactor: createRedactor(),
          });
          const writer = distiller.open(source('canary'));
          let from = 0;
          for (let k = 0; from < bytes.length; k += 1) {
            const to = from + (cuts[k % cuts.length] ?? 1);
            // A reused buffer, as a stream may hand over.
            const chunk = Buffer.from(bytes.subarray(from, to));
            writer.write(chunk);
            chunk.fill(0x41);
            from = to;
          }
          writer.end();
          expect(distiller.result()).to.deep.equal(whole);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('counts the same whichever logs are read at the same time', () => {
    const pods = ['web-1', 'web-2', 'web-3'];
    // Five to a second and sixteen to the block in which lines are handed on: blocks of several logs part a second.
    const lines = Array.from({ length: 80 }, (_, k) =>
      Buffer.from(`${at(Math.floor(k / 5))} WARN slow${' '.repeat(60_000)}\n`),
    );
    const counted = (logs: readonly (readonly string[])[]) => {
      const distiller = createDistiller({
        windows: { stable: undefined, canary: undefined },
        redactor: createRedactor(),
      });
      for (const together of logs) {
        const writers = together.map((pod) => distiller.open(source('canary', pod)));
        for (const line of lines) for (const writer of writers) writer.write(line);
        for (const writer of writers) writer.end();
      }
      return distiller.result().templates[0]?.canary;
    };
    const apart = counted(pods.map((pod) => [pod]));
    expect(apart).to.deep.include({ count: 240, activeSeconds: 48 });
    expect(counted([pods])).to.deep.equal(apart);
  });

  it('tells when each pod logged an ordinary record last, and the longest pause of one log', () => {
    const at = (second: number) => `2026-01-01T12:00:${String(second).padStart(2, '0')}.000000000Z`;
    const log = (pod: string, seconds: readonly number[], level = 'INFO', previous = false) => ({
      source: source('canary', pod, previous),
      text: seconds.map((second) => `${at(second)} ${level} placed order ${second}\n`).join(''),
    });
    const window = { from: Date.parse(at(0)), to: Date.parse(at(40)) };
    const { templates } = distil(
      [
        log('web-1', [20, 22, 50]),
        log('web-1', [1, 3, 10], 'INFO', true),
        log('web-2', [5, 6]),
        log('web-2', [7, 8], 'WARN'),
      ],
      { windows: { stable: undefined, canary: window } },
    );
    const of = (level: string) => templates.find((one) => one.level === level)?.canary;
    expect(of('info')).to.deep.include({
      longestGap: 7_000,
      lasts: { 'web-1': window.from + 22_000, 'web-2': window.from + 6_000 },
    });
    expect(of('warn')).not.to.have.any.keys('lasts', 'longestGap');
    const untimed = distil([{ source: source('canary'), text: 'INFO placed order 1\n' }]).templates[0];
    expect(untimed?.canary).not.to.have.any.keys('lasts', 'longestGap');
  });

  it('takes any bytes, and what it gives is bounded', () => {
    fc.assert(
      fc.property(someLog, someLog, (stable, canary) => {
        const result = distil(
          [
            { source: source('stable'), text: stable },
            { source: source('canary'), text: canary },
          ],
          { maxTemplates: 20 },
        );
        expect(result.templates.length).to.be.at.most(20);
        for (const template of result.templates) {
          expect(template.text.length).to.be.within(1, 512);
          for (const side of [template.stable, template.canary]) {
            expect(side.samples.length).to.be.at.most(3);
            for (const sample of side.samples) expect(sample.length).to.be.at.most(512);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
