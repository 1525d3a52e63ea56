import { expect } from 'chai';
import fc from 'fast-check';
import { createRedactor, type RedactionRule } from '../../../../operator/redact/index.ts';
import { UNCHECKED, WINDOW } from '../../../../operator/redact/redactor.ts';
import type { PatternRule } from '../../../../operator/redact/rule.ts';
import { OWN_RULES } from '../../../../operator/redact/rules.ts';
import { isCardNumber } from '../../../../operator/redact/values.ts';

const redact = (text: string): string => createRedactor().redact(text);

describe('createRedactor', () => {
  const cases: readonly [string, string, string][] = [
    ['AWS access keys', 'key AKIAIOSFODNN7EXAMPLE used', 'key <aws-access-key> used'],
    ['GitHub tokens', `push with ghp_${'a1B2'.repeat(9)}`, 'push with <github-token>'],
    ['GitLab tokens', 'glpat-abcDEF1234567890wxyz', '<gitlab-token>'],
    ['Slack tokens', 'xoxb-123456789012-abcdefGHIJ', '<slack-token>'],
    ['Google keys', `k=AIza${'x1'.repeat(17)}y`, 'k=<google-api-key>'],
    ['OpenAI keys', 'sk-proj-abcdefghij1234567890XYZ', '<openai-key>'],
    ['Stripe keys', 'sk_live_abcdefghij12345', '<stripe-key>'],
    ['JWT', 'jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def_g', 'jwt <jwt>'],
    ['Bearer', 'Authorization: Bearer abcdef123456', 'Authorization: Bearer <authorization>'],
    ['Basic', 'Authorization: Basic dXNlcjpwYXNz', 'Authorization: Basic <authorization>'],
    ['cookies', 'Set-Cookie: sid=abc123; Path=/', 'Set-Cookie: <cookie>'],
    ['URL passwords', 'amqp://shop:s3cr3t@mq:5672/v', 'amqp://shop:<url-password>@mq:5672/v'],
    [
      'connection strings',
      'Server=db;User Id=sa;Password=hunter2;',
      'Server=db;User Id=sa;Password=<password>;',
    ],
    ['storage keys', 'AccountName=x;AccountKey=abcdefgh==;', 'AccountName=x;AccountKey=<account-key>;'],
    ['passwords', 'DB_PASSWORD=hunter2 host=db', 'DB_PASSWORD=<password> host=db'],
    ['secrets in YAML', 'client_secret: hunter2', 'client_secret: <password>'],
    ['passwords in JSON', '{"password":"hunter2","n":1}', '{"password":"<password>","n":1}'],
    ['passwords in escaped JSON', '{\\"token\\":\\"hunter2\\"}', '{\\"token\\":\\"<password>\\"}'],
    ['API keys in headers', 'x-api-key: 12345abcdef', 'x-api-key: <password>'],
    ['API keys in hexadecimal', `X-API-Key: ${'0a1b'.repeat(8)} -`, 'X-API-Key: <password> -'],
    ['API keys in queries', 'GET /v1?api-key=hunter2&n=1', 'GET /v1?api-key=<password>&n=1'],
    ['subscription keys', 'Ocp-Apim-Subscription-Key: 0a1b2c3d', 'Ocp-Apim-Subscription-Key: <password>'],
    ['pass phrases in JSON', '{"password":"my long pass phrase"}', '{"password":"<password>"}'],
    ['pass phrases in single quotes', "password='two words here' n=1", "password='<password>' n=1"],
    ['pass phrases with a quote of the other kind', `pwd: "it's two words" n`, 'pwd: "<password>" n'],
    ['pass phrases with an escaped quote', '{"secret":"a \\"b\\" c","n":1}', '{"secret":"<password>","n":1}'],
    [
      'pass phrases that end in a backslash',
      '{"secret":"two words\\\\","n":1}',
      '{"secret":"<password>","n":1}',
    ],
    [
      'pass phrases in escaped JSON',
      '"{\\"token\\":\\"two \\\\\\"words\\",\\"n\\":1}"',
      '"{\\"token\\":\\"<password>\\",\\"n\\":1}"',
    ],
    ['pass phrases cut off', '{"password":"my long pa\nnext', '{"password":"<password>\nnext'],
    ['passwords with an angle bracket', 'password=hunt<er2', 'password=<password>'],
    ['passwords in flags', 'run --db-password hunter2correct -v', 'run --db-password <password> -v'],
    ['tokens in flags', 'run --token hunter2 -v', 'run --token <password> -v'],
    ['secrets in flags', 'run --client-secret=hunter2 -v', 'run --client-secret=<password> -v'],
    ['quoted flags', 'run --password "two words" -v', 'run --password "<password>" -v'],
    ['flags in lists', '["--db-password","hunter2","-v"]', '["--db-password","<password>","-v"]'],
    ['keys in flags', 'run --key 0a1b2c3d4e -v', 'run --key <password> -v'],
    ['API keys in flags', 'run --api-key hunter -v', 'run --api-key <password> -v'],
    ['URL passwords with an at sign', 'db://u:p@ss@host/v?m=a@b', 'db://u:<url-password>@host/v?m=a@b'],
    ['e-mail addresses', 'mail to bob.smith+x@mail.example.com now', 'mail to <email> now'],
    ['card numbers', 'paid with 4111 1111 1111 1111 today', 'paid with <card-number> today'],
    [
      'private keys, also encrypted ones',
      'a\n-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: AES-256-CBC\nMIIEabc\n-----END RSA PRIVATE KEY-----\nb',
      'a\n<private-key>\nb',
    ],
    ['private keys cut off', 'x -----BEGIN PRIVATE KEY-----\nMIIEabc', 'x <private-key>'],
  ];
  for (const [what, text, expected] of cases) {
    it(`replaces ${what}`, () => {
      const redactor = createRedactor();
      expect(redactor.redact(text)).to.equal(expected);
      expect(redactor.count).to.equal(1);
    });
  }

  it('leaves ordinary lines alone', () => {
    const benign = [
      'GET /token/refresh 200 12ms',
      'token expired for session 42',
      'Invalid token: expired',
      'password is required',
      'sort key: name',
      'java.lang.IllegalStateException: secret=null',
      'password=<password>',
      'order 1234567890123456 shipped',
      'connecting to postgres://db:5432/shop',
      'com.acme.Service@6d06d69c started, task-sk-short',
      'key=value',
      'token bucket refilled',
      'run --key-file /etc/x --tls-private-key /etc/tls/tls.key --token ./token',
      'sort --key name --sort-key created_at --password --verbose',
      'run --token-ttl 3600 --max-tokens 4096 --secret $DB_SECRET',
      'password changed for user 7',
      'GET /api/keys/12',
      'api-key: missing',
      '{"password":"","user":"bob smith","token":null}',
      'GET http://shop:8080?next=a@b',
      'GET http://shop:8080/users/@me',
    ];
    for (const line of benign) expect(redact(line)).to.equal(line);
  });

  it('gives the same placeholder for every value of a kind', () => {
    expect(redact('pwd=hunter2')).to.equal(redact('pwd=correct-horse'));
  });

  it('finds a secret wherever it stands in a long text', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3 * WINDOW }),
        fc.integer({ min: 0, max: WINDOW }),
        (before, after) => {
          const text = `${'word '.repeat(before / 5)} AKIAIOSFODNN7EXAMPLE ${'word '.repeat(after / 5)}`;
          expect(redact(text)).not.to.contain('AKIA');
        },
      ),
      { numRuns: 60 },
    );
  });

  it('redacts a value that is longer than a window, with everything behind it', () => {
    const key = `-----BEGIN PRIVATE KEY-----\n${'QUJD'.repeat(WINDOW)}`;
    expect(redact(`start ${key}`)).to.equal('start <private-key>');
  });

  it('takes time in proportion to a hostile text', () => {
    const hostile = [
      '--',
      '--a-key',
      '--token ',
      'api-key:',
      'pwd="',
      `pwd="pwd='`,
      'pwd=\\"',
      'pwd="\\\\',
      'x://a:@',
      'x://:',
    ];
    const milliseconds = (piece: string, length: number): number => {
      const text = piece.repeat(length / piece.length);
      const start = process.cpuUsage();
      redact(text);
      return process.cpuUsage(start).user / 1000;
    };
    for (const piece of hostile) expect(milliseconds(piece, 262_144), piece).to.be.below(5000);
  });

  it('never throws, whatever the text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => redact(text).length >= 0));
  });

  it('leaves nothing to find: what it has redacted stays as it is', () => {
    for (const [, text] of cases) expect(redact(redact(text))).to.equal(redact(text));
  });

  it('lets marks stay when a text is redacted once more, with no key or another one', () => {
    const keyed = createRedactor({ key: new Uint8Array(32).fill(7) });
    const other = createRedactor({ key: new Uint8Array(32).fill(8) });
    for (const [, text] of cases) {
      const once = keyed.redact(text);
      expect(once).to.match(/<[a-z-]+#[0-9a-f]{4}>/);
      expect(redact(once)).to.equal(once);
      expect(other.redact(once)).to.equal(once);
    }
  });

  it('replaces the whole text when a rule throws', () => {
    const broken: RedactionRule = {
      placeholder: '<x>',
      hints: [],
      find() {
        throw new Error('broken rule');
      },
    };
    expect(createRedactor({ rules: [broken] }).redact('a secret')).to.equal(UNCHECKED);
  });
});

describe('our own rules', () => {
  it('see at most one window of a hostile text', () => {
    for (const rule of OWN_RULES) {
      let longest = 0;
      const watched: RedactionRule = {
        ...rule,
        *find(window) {
          longest = Math.max(longest, window.length);
          yield* rule.find(window);
        },
      };
      createRedactor({ rules: [watched] }).redact(`${rule.hints[0] ?? ''}${'a'.repeat(65_536)}`);
      expect(longest, rule.placeholder).to.be.within(1, WINDOW);
    }
  });

  it('repeat nothing without bound', () => {
    const patterns = OWN_RULES.filter((rule): rule is PatternRule => 'pattern' in rule);
    expect(patterns.length).to.be.greaterThan(30);
    for (const { pattern } of patterns) {
      const outsideClasses = pattern.source.replace(/\\./g, 'x').replace(/\[(?:[^\]])*\]/g, 'x');
      expect(outsideClasses).not.to.match(/[*+]|\{\d+,\}/);
    }
  });
});

describe('isCardNumber', () => {
  it('knows numbers by prefix, length and check digit', () => {
    for (const good of ['4111111111111111', '5500-0000-0000-0004', '340000000000009']) {
      expect(isCardNumber(good), good).to.equal(true);
    }
    for (const bad of ['4111111111111112', '0000000000000000', '1234567890123', '411111111111']) {
      expect(isCardNumber(bad), bad).to.equal(false);
    }
  });
});
