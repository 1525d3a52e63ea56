import { expect } from 'chai';
import fc from 'fast-check';
import type { NumericField } from '../../../../operator/model.ts';
import { distil, sourceOf } from './support.ts';

const T0 = Date.parse('2026-01-01T00:00:00Z');
const at = (seconds: number): string => new Date(T0 + seconds * 1000).toISOString();

/** The fields of two logs of the same lines. */
function fields(...lines: string[]): readonly NumericField[] {
  const text = lines.join('\n');
  return distil([
    { source: sourceOf('stable', 'a'), text },
    { source: sourceOf('canary', 'b'), text },
  ]).numbers;
}

/** `name unit: values` of each field on canary. */
function values(...lines: string[]): string[] {
  return fields(...lines).map(
    ({ name, unit, canary }) =>
      `${name}${unit === undefined ? '' : ` ${unit}`}: ${canary.values['b']?.join(' ')}`,
  );
}

describe('numeric fields', () => {
  const cases: readonly [string, string[], string[]][] = [
    [
      'JSON keys that measure',
      [
        '{"level":30,"msg":"done","responseTime":12.5,"pid":7}',
        '{"level":30,"msg":"done","responseTime":9,"pid":7}',
      ],
      ['responseTime: 9 12.5'],
    ],
    [
      'JSON keys with a unit, brought to ms',
      ['{"msg":"x","elapsed_seconds":0.25}'],
      ['elapsed_seconds ms: 250'],
    ],
    [
      'JSON values with a unit',
      ['{"msg":"x","latency":"1.2s"}', '{"msg":"x","latency":"35ms"}'],
      ['latency ms: 35 1200'],
    ],
    ['nested JSON keys', ['{"msg":"x","http":{"latency":3,"status":200}}'], ['http.latency: 3']],
    [
      'a Google Cloud request',
      ['{"severity":"INFO","httpRequest":{"status":200,"latency":"0.5s"}}'],
      ['httpRequest.latency ms: 500'],
    ],
    ['durations in a JSON message', ['{"msg":"done in 3ms"}'], ['T1#1 ms: 3']],
    ['logfmt', ['level=info msg=done duration=1.5s bytes=12 port=80'], ['duration ms: 1500', 'bytes: 12']],
    ['logfmt with the unit in the key', ['level=info msg=done duration_us=1500'], ['duration_us ms: 1.5']],
    ['plain text', ['INFO order 7 took 35ms', 'INFO order 8 took 2.5 s'], ['T1#2 ms: 35 2500']],
    ['chained units', ['INFO sync finished in 1m2.5s'], ['T1#1 ms: 62500']],
    ['microseconds', ['INFO | 200 | 15.5µs | GET /'], ['T1#1 ms: 0.0155']],
    ['no number too large for one', ['{"msg":"x","took":1e999}', 'INFO took=1e999'], []],
    ['a named number in plain text', ['INFO Response time: 12 of 5 users'], []],
    [
      'a named measure in plain text',
      ['INFO request done, latency: 12, size=3KB'],
      ['latency: 12', 'size: 3000'],
    ],
  ];
  for (const [name, lines, expected] of cases) {
    it(`reads ${name}`, () => expect(values(...lines)).to.deep.equal(expected));
  }

  for (const line of [
    'WARN no answer, retrying in 5s',
    'ERROR timeout after 30ms',
    'INFO poll every 10s',
    'WARN deadline exceeded within 3s',
    'INFO listening on port=8080 pid=12 status=200',
    '{"msg":"x","time":1700000000000,"id":7,"statusCode":200,"timeoutMs":50}',
  ]) {
    it(`finds none in ${line}`, () => expect(values(line)).to.deep.equal([]));
  }

  it('leaves out what only ever grows', () => {
    const lines = [1, 2, 3, 4, 5, 6, 7].map(
      (n) => `{"msg":"x","sent_bytes":${n * 100},"took_ms":${(n * 5) % 7}}`,
    );
    expect(fields(...lines).map(({ name }) => name)).to.deep.equal(['took_ms']);
  });

  it('counts by template and pod, inside the interval and after start-up', () => {
    const line = (second: number): string => `${at(second)} {"msg":"x","took_ms":${second}}`;
    const window = { from: T0, to: T0 + 100_000 };
    const { numbers } = distil(
      [
        { source: sourceOf('stable', 'a'), text: [line(5), line(30), line(70), line(120)].join('\n') },
        { source: sourceOf('stable', 'b'), text: line(80) },
        { source: sourceOf('canary', 'c'), text: `${line(90)}\n` },
      ],
      { windows: { stable: window, canary: window }, startedAt: () => T0, startupMs: 20_000 },
    );
    expect(numbers).to.have.length(1);
    expect(numbers[0]?.stable).to.deep.equal({ count: 3, values: { a: [30, 70], b: [80] } });
    expect(numbers[0]?.canary).to.deep.equal({ count: 1, values: { c: [90] } });
  });

  it('keeps the fields of a side that has no other to compare with, for a later one', () => {
    const one = distil([{ source: sourceOf('canary'), text: '{"msg":"x","took_ms":1}' }]);
    expect(one.numbers.map(({ stable }) => stable)).to.deep.equal([{ count: 0, values: {} }]);
    const two = distil([
      { source: sourceOf('stable'), text: '{"msg":"x","took_ms":1}' },
      { source: sourceOf('canary'), text: '{"msg":"x","took_ms":1}\n{"msg":"y","size":1}' },
    ]);
    expect(two.numbers.map(({ name }) => name)).to.deep.equal(['took_ms']);
  });

  it('keeps a bounded sample in ascending order that has the same distribution', () => {
    const numbers = Array.from({ length: 20_000 }, (_, k) => (k * 7_919) % 20_000);
    const [field] = fields(...numbers.map((n) => `{"msg":"x","took_ms":${n}}`));
    const kept = field?.canary.values['b'] ?? [];
    expect(field?.canary.count).to.equal(20_000);
    expect(kept).to.have.length(250);
    expect(kept).to.deep.equal([...kept].sort((a, b) => a - b));
    const mean = kept.reduce((sum, n) => sum + n, 0) / kept.length;
    // The standard error of a mean of 250 from 0 … 20,000 is 365.
    expect(mean).to.be.within(8_500, 11_500);
  });

  it('hands on a bounded number of fields and values, whatever is logged', () => {
    const lines = Array.from({ length: 100 }, (_, k) => `{"msg":"x","a${'b'.repeat(k)}_ms":${k}}`);
    expect(fields(...lines)).to.have.length(32);
    const pods = Array.from({ length: 300 }, (_, k) => ({
      source: sourceOf(k % 2 === 0 ? 'stable' : 'canary', `p${k}`),
      text: '{"msg":"x","took_ms":1}\n'.repeat(10),
    }));
    const [field] = distil(pods).numbers;
    expect(Object.values(field?.canary.values ?? {}).flat()).to.have.length(150);
  });

  it('gives finite numbers for any value', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'0123456789.,eE+-msh "'), maxLength: 30 }),
        (value) => {
          for (const { canary } of fields(
            `{"msg":"x","took":"${value}"}`,
            `level=info msg=x took=${value}`,
          )) {
            for (const n of Object.values(canary.values).flat()) expect(Number.isFinite(n)).to.equal(true);
          }
        },
      ),
    );
  });
});
