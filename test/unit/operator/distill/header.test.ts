import { expect } from 'chai';
import { parseText } from '../../../../operator/distill/header.ts';
import { Masker } from '../../../../operator/distill/masker.ts';

function parse(line: string): string {
  const masker = new Masker();
  const bytes = Buffer.from(line);
  const n = masker.mask(bytes, 0, bytes.length);
  const { level, logger, message } = parseText(Buffer.from(masker.out.subarray(0, n)).toString());
  return `${level}|${logger ?? ''}|${message}`;
}

/** Line → level|logger|message. */
const CASES: Readonly<Record<string, readonly [string, string][]>> = {
  Java: [
    [
      '2024-01-02T15:04:05.123Z ERROR 1 --- [nio-8080-exec-1] c.acme.OrderController : boom',
      'error|c.acme.OrderController|boom',
    ],
    [
      '2024-01-02 15:04:05.123  INFO 1 --- [           main] com.acme.App   : started',
      'info|com.acme.App|started',
    ],
    ['15:04:05.123 [main] WARN  com.acme.Pool - slow', 'warn|com.acme.Pool|slow'],
    [
      '17:24:43.293 INFO  c.s.ContactsServiceImpl#34 TraceID: ab [find][x]',
      'info|c.s.ContactsServiceImpl|TraceID: ab [find][x]',
    ],
    [
      'Exception in thread "main" java.lang.IllegalStateException: boom',
      'fatal||Exception in thread "main" java.lang.IllegalStateException: boom',
    ],
    ['java.lang.NullPointerException: x is null', 'error||java.lang.NullPointerException: x is null'],
    ['[ERROR] Failed to execute goal', 'error||Failed to execute goal'],
  ],
  Python: [
    ['ERROR:app.orders:no stock', 'error|app.orders|no stock'],
    ['2024-01-02 15:04:05,123 - app.orders - WARNING - low stock', 'warn|app.orders|low stock'],
    ['INFO:     Started server process', 'info||Started server process'],
    ['[2024-01-02 15:04:05 +0000] [7] [ERROR] Worker failed to boot', 'error||Worker failed to boot'],
    ['[2024-01-02 15:04:05,123: ERROR/MainProcess] Task failed', 'error|MainProcess|Task failed'],
  ],
  Go: [
    ['2024/01/02 15:04:05 listening', 'unknown||listening'],
    ['I0102 15:04:05.678901   12345 server.go:123] ready', 'info|server.go|ready'],
    ['E0102 15:04:05.678901       1 reflector.go:9] watch failed', 'error|reflector.go|watch failed'],
    [
      'time="2024-01-02T15:04:05Z" level=error msg="sync failed" err="no route" attempt=3',
      'error||sync failed err=no route',
    ],
    ['ts=2024-01-02T15:04:05Z level=warn component=tsdb msg=slow', 'warn|tsdb|slow'],
    ['level=info msg=request status=503', 'error||request status=503'],
    ['panic: runtime error: index out of range', 'fatal||panic: runtime error: index out of range'],
    ['fatal error: all goroutines are asleep', 'fatal||fatal error: all goroutines are asleep'],
  ],
  Node: [
    ['error: cannot connect', 'error||cannot connect'],
    ['Error: cannot connect', 'error||Error: cannot connect'],
    ['TypeError: x is not a function', 'error||TypeError: x is not a function'],
    ['[Nest] 42  - 01/02/2024, 3:04:05 PM   ERROR [OrdersService] boom', 'error|OrdersService|boom'],
    [
      '(node:1) MaxListenersExceededWarning: possible leak',
      'warn||(node:<num>) MaxListenersExceededWarning: possible leak',
    ],
  ],
  Rust: [
    ['[2024-01-02T15:04:05Z ERROR app::db] no pool', 'error|app::db|no pool'],
    ['2024-01-02T15:04:05.123Z  WARN app::db: slow query', 'warn|app::db|slow query'],
    [
      "thread 'main' panicked at src/main.rs:4:5:",
      "fatal||thread 'main' panicked at src/main.rs:<num>:<num>:",
    ],
  ],
  servers: [
    ['2024/01/02 15:04:05 [error] 7#7: *1 connect() failed', 'error||connect() failed'],
    [
      '10.0.0.1 - - [02/Jan/2024:15:04:05 +0000] "GET /x HTTP/1.1" 500 12',
      'error||<ip> - - [<ts>] "GET /x HTTP/1.1" 500 <num>',
    ],
    [
      '10.0.0.1 - - [02/Jan/2024:15:04:05 +0000] "GET /x HTTP/1.1" 404 12',
      'warn||<ip> - - [<ts>] "GET /x HTTP/1.1" 404 <num>',
    ],
    [
      '10.0.0.1 - - [02/Jan/2024:15:04:05 +0000] "GET /x HTTP/1.1" 200 12',
      'info||<ip> - - [<ts>] "GET /x HTTP/1.1" 200 <num>',
    ],
    ['Jan  2 15:04:05 host1 sshd[42]: Accepted', 'unknown|sshd|Accepted'],
    ['Segmentation fault (core dumped)', 'fatal||Segmentation fault (core dumped)'],
  ],
  'plain text': [
    ['Order 12 shipped', 'unknown||Order <num> shipped'],
    ['0 errors found', 'unknown||<num> errors found'],
    ['killed 12 mutants', 'unknown||killed <num> mutants'],
    ['Information desk opened', 'unknown||Information desk opened'],
  ],
};

describe('parseText', () => {
  for (const [language, cases] of Object.entries(CASES)) {
    describe(language, () => {
      for (const [line, expected] of cases) it(line, () => expect(parse(line)).to.equal(expected));
    });
  }

  it('tells templates apart by status', () => {
    expect(parse('call failed status=500')).not.to.equal(parse('call failed status=200'));
  });
});
