import { expect } from 'chai';
import { templatesOf } from './support.ts';

function levelOf(line: string | object): string {
  const [template = ''] = templatesOf(typeof line === 'string' ? line : JSON.stringify(line));
  return template.split(' ')[1] ?? '';
}

describe('the status of a request', () => {
  const request = { msg: 'request completed', method: 'GET', path: '/orders' };
  const failed: readonly (readonly [string, string | object])[] = [
    ['a JSON record', { level: 'info', ...request, status: 500 }],
    ['a JSON record without method and path', { level: 'info', msg: 'request', status: 503 }],
    ['a JSON record at warn', { level: 'warn', ...request, status: 500 }],
    ['pino-http', { level: 30, req: { method: 'GET', url: '/o' }, res: { statusCode: 500 }, msg: 'done' }],
    [
      'a JSON record whose message is a line of an access log',
      { level: 'info', msg: '"GET /orders HTTP/1.1" 500 12' },
    ],
    ['logfmt', 'level=INFO msg="request completed" method=GET path=/orders status=500 duration=12ms'],
    ['log/slog', '2026/01/02 15:04:05 INFO request method=GET path=/x status=500 duration=12ms'],
    ['zerolog', '2026-01-02T15:04:05Z INF request method=GET path=/x status_code=502'],
    ['lograge', 'method=GET path=/x format=html controller=X action=y status=500 duration=12.3'],
    [
      'lograge behind the header of Ruby',
      'I, [2026-01-02T15:04:05.123456 #42]  INFO -- : method=GET path=/x format=html status=500 duration=12.3',
    ],
    [
      'Rails',
      'I, [2026-01-02T15:04:05.123456 #42]  INFO -- : [abc] Completed 500 Internal Server Error in 12ms',
    ],
    ['text of Java', '2026-01-01 10:00:00,000 INFO [http-1] c.s.Access - GET /api/orders 500 12ms'],
    ['werkzeug', 'INFO:werkzeug:127.0.0.1 - - [02/Jan/2024 15:04:05] "GET /x HTTP/1.1" 500 -'],
    ['uvicorn', 'INFO:     10.0.0.1:1234 - "GET /x HTTP/1.1" 500 Internal Server Error'],
    ['gin', '[GIN] 2026/01/02 - 15:04:05 | 500 |  12.3ms | 127.0.0.1 | GET "/x"'],
    ['fiber', '15:04:05 | 500 |   12ms | 127.0.0.1 | GET | /x | -'],
    ['morgan', 'info: GET /x 500 12.345 ms - 12'],
    ['Next.js', 'INFO GET /x 500 in 12ms'],
    ['Serilog', '[15:04:05 INF] HTTP GET /x responded 500 in 12.3 ms'],
    ['tower-http', 'DEBUG tower_http::trace: finished processing request latency=1 ms status=500'],
    ['winston', 'info: request completed {"method":"GET","path":"/x","status":500}'],
    ['zap in development', '2026-01-02T15:04:05Z\tINFO\thttp/a.go:42\trequest\t{"status": 503, "size": 12}'],
    [
      'ASP.NET Core',
      'Request finished HTTP/1.1 GET http://localhost:5000/api - 500 null application/json 12.3ms',
    ],
    [
      'chi',
      '2026/01/02 15:04:05 [host/abcDEF-000001] "GET http://x:3000/ HTTP/1.1" from 127.0.0.1:52620 - 500 13B in 12.3ms',
    ],
    ['Phoenix', '15:04:05.123 request_id=FabCd [info] Sent 500 in 12ms'],
    ['an arrow', 'INFO GET /x -> 500 (12ms)'],
    ['a pair with a colon', 'INFO GET /x status: 500'],
  ];
  for (const [name, line] of failed) {
    it(`of 5xx makes an error of ${name}`, () => expect(levelOf(line)).to.equal('error'));
  }

  const kept: readonly (readonly [string, string | object])[] = [
    ['info', { level: 'info', ...request, status: 404 }],
    ['info', { level: 'info', ...request, status: 200 }],
    ['fatal', { level: 'fatal', ...request, status: 500 }],
    ['info', 'level=info msg=request method=GET path=/x status=404'],
    ['info', 'INFO GET /x 404 12ms'],
    // A call of something else that is tried again.
    ['warn', { level: 'warn', msg: 'call failed, trying again', status: 503 }],
    ['warn', '2024/01/02 15:04:05 WARN failed to get orders user=bob status=503 attempt=3'],
  ];
  for (const [level, line] of kept) {
    it(`leaves ${JSON.stringify(line)} at ${level}`, () => expect(levelOf(line)).to.equal(level));
  }

  const numbers: readonly (string | object)[] = [
    { level: 'info', ...request, status: 200, duration_ms: 500, bytes: 512, count: 503 },
    { level: 'info', msg: 'batch done', size: 500, exit_status: 'ok', code: 500 },
    'level=info msg="batch done" count=500 size=512 duration=503',
    'level=info msg=request status=200 upstream_status=502 duration=500',
    'INFO Processed "orders of the day" 500 items',
    'INFO POST /upload 512 bytes stored',
    'INFO GET /orders 500 items',
    'INFO GET /x 200 500',
    'INFO took 500 ms',
    'info: batch done {"size":500,"count":503,"exit_status":500,"status":"ok","duration":500.5}',
    'info: request completed {"method":"GET","status":200,"size":500}',
    'INFO | rows | 500 | done |',
    'INFO Completed 500 orders',
    'INFO Sent 500 mails',
    'INFO upstream answered HTTP 503, trying again',
  ];
  for (const line of numbers) {
    it(`is not the number in ${JSON.stringify(line)}`, () => expect(levelOf(line)).to.equal('info'));
  }
});
