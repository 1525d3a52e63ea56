import { expect } from 'chai';
import fc from 'fast-check';
import { MAX_MASKED } from '../../../../operator/distill/masked-text.ts';
import { Masker } from '../../../../operator/distill/masker.ts';

function mask(text: string | Uint8Array, pod?: string): string {
  const masker = new Masker();
  if (pod !== undefined) masker.setPod(Buffer.from(pod));
  const bytes = Buffer.from(text as Uint8Array);
  const n = masker.mask(bytes, 0, bytes.length);
  return Buffer.from(masker.out.subarray(0, n)).toString();
}

describe('Masker', () => {
  const cases: readonly [string, string][] = [
    ['2023-01-29T09:24:43.293662117Z 17:24:43.293 x', '<ts> <ts> x'],
    ['[02/Jan/2024:15:04:05 +0000] 2024/01/02 15:04:05', '[<ts>] <ts>'],
    ['Sat May 04 09:51:52 CST 2013 and Jan  2 12:00:00 end', '<ts> and <ts> end'],
    ['15:04:05,123 at 20240102T150405Z', '<ts> at <ts>'],
    ['id 550e8400-e29b-41d4-a716-446655440000', 'id <uuid>'],
    ['id 12d45d7d-29b5-41d4-a716-446655440000', 'id <uuid>'],
    ['trace eb85592b1d4dc5aa90b70824916e7880 span 1234567890123456', 'trace <hex> span <hex>'],
    ['commit 1a2b3c4d and 12345678', 'commit <num> and <num>'],
    ['from 10.1.2.3:8080 and 2001:db8::8a2e:370:7334 and ::1', 'from <ip> and <ip> and <ip>'],
    ['took 12.5ms, then 900 ms; 1h2m3.5s or 5µs', 'took <dur>, then <dur>; <dur> or <dur>'],
    ['shards=5 ms=23 or 23 ms', 'shards=<num> ms=<num> or <dur>'],
    ['heap 12KB of 5 MB', 'heap <size> of <size>'],
    ['ids [1, 2, 3] of 1,234,567 at -5 and 3.5e-10', 'ids [<num>] of <num> at <num> and <num>'],
    ['worker7 D1345 v1.2.3-rc4 utf8', 'worker<num> D<num> v<num>-rc<num> utf<num>'],
    ['token aB3xK9 session q7Wm2Zt9Lp', 'token <id> session <id>'],
    ['Foo@6d06d69c at 0x7ffe12', 'Foo@<hex> at <hex>'],
    ['pod web-6ff4cd9669-xtszw gone', 'pod web-<pod> gone'],
    ['user bob.smith42@example.com left', 'user <email> left'],
    ['GET /a/123/b?x=1&y=abc HTTP/2', 'GET /a/<num>/b?<query> HTTP/2'],
    ['payload {"a":{"b":"}"}} and { id: 1 }', 'payload {…} and {…}'],
    ['cut {"a":"b', 'cut {…}'],
    ['format {} with $name', 'format {} with $name'],
    ['\u001b[31mERROR\u001b[0m \u0000\u0001boom', 'ERROR <bin>boom'],
    ['a   b\t\tc  ', 'a b c'],
    ['naïve café 日本', 'naïve café 日本'],
  ];
  for (const [text, expected] of cases) {
    it(`masks ${JSON.stringify(text)}`, () => expect(mask(text)).to.equal(expected));
  }

  const kept: readonly string[] = [
    'status=500',
    'status: 503',
    '"statusCode":404',
    'HTTP 500',
    'HTTP/1.1 502',
    'code 13',
    'exit code 137',
    'exit code -1',
    'exit status 1',
    'errno=111',
    'ORA-00942',
    'ERROR 1045 (HY)',
    'killed by signal 9',
    'GET /users 500',
  ];
  for (const text of kept) it(`keeps the number of ${text}`, () => expect(mask(text)).to.equal(text));

  it('keeps the status of an access log and nothing else of its numbers', () => {
    expect(
      mask('10.0.0.1 - - [02/Jan/2024:15:04:05 +0000] "GET /u/1 HTTP/1.1" 500 1234 "-" "curl/7.1"'),
    ).to.equal('<ip> - - [<ts>] "GET /u/<num> HTTP/1.1" 500 <num> "-" "curl/<num>"');
    expect(mask('| 502 |   1.2ms |')).to.equal('| 502 | <dur> |');
  });

  it('takes a count behind a level word for a count', () => {
    expect(mask('ERROR 12 tests failed')).to.equal('ERROR <num> tests failed');
  });

  it('masks the name of the pod that logs', () => {
    expect(mask('web-canary-0 is up, web-canary-01 is not', 'web-canary-0')).to.equal(
      '<pod> is up, web-canary-<num> is not',
    );
  });

  it('gives at most 512 bytes for any bytes, and nothing it masks grows without bound', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3_000 }), (bytes) => {
        const masker = new Masker();
        expect(masker.mask(bytes, 0, bytes.length)).to.be.within(0, MAX_MASKED);
      }),
    );
    for (const piece of ['{', '{"', '(', '1', 'a', '1a', ':', '@', '?a=', '-', '1.', ' ', '\u001b[']) {
      const bytes = Buffer.from(piece.repeat(65_536 / piece.length));
      expect(new Masker().mask(bytes, 0, bytes.length)).to.be.at.most(MAX_MASKED);
    }
  });

  it('gives texts that differ only in their numbers the same mask', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (a, b) => {
        expect(mask(`sold ${a} items of order ${a}`)).to.equal(mask(`sold ${b} items of order ${b}`));
      }),
    );
  });

  it('gives hexadecimal ids of one length the same mask', () => {
    const idOf = (digits: string) =>
      fc.string({ unit: fc.constantFrom(...digits), minLength: 16, maxLength: 16 });
    // Also of what dates, durations and exponents are made of.
    const id = fc.oneof(...['0123456789abcdef', '0123456789', '00123d', '0de', '01bd'].map(idOf));
    fc.assert(
      fc.property(id, id, (a, b) => {
        expect(mask(`span ${a} end`)).to.equal(mask(`span ${b} end`));
      }),
      { examples: [['0d0000000000000d', '0000000000000000']] },
    );
  });

  it('takes for a duration only parts whose units descend', () => {
    expect(mask('took 1d2h3m4.5s, 1m30s, 2h, 5d')).to.equal(mask('took <dur>'));
    expect(mask('span 12d34d56d end')).not.to.contain('<dur>');
  });
});
