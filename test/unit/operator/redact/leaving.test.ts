import { expect } from 'chai';
import { createDistiller } from '../../../../operator/distill/index.ts';
import type { Distilled } from '../../../../operator/model.ts';
import { createRedactor, hideSecrets } from '../../../../operator/redact/index.ts';

function distil(...lines: string[]): Distilled {
  const distiller = createDistiller({
    windows: { stable: undefined, canary: undefined },
    redactor: createRedactor({ key: new Uint8Array(32).fill(7) }),
  });
  for (const side of ['stable', 'canary'] as const) {
    const log = distiller.open({ side, pod: 'web', container: 'app', kind: 'app', previous: false });
    log.write(new TextEncoder().encode(`${lines.join('\n')}\n`));
    log.end();
  }
  return distiller.result();
}

const TOKEN = 'ghp_aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5';

describe('what the distiller lets out', () => {
  it('hides what masks leave of a secret, in template and samples, and counts it once', () => {
    const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzKEY';
    const distilled = distil(`ERROR upload failed with AWS_SECRET_ACCESS_KEY=${secret} on disk`);
    const text = JSON.stringify(distilled);
    for (const piece of ['wJalr', 'MDENG', 'PxRfi', 'zzzz']) expect(text).not.to.include(piece);
    expect(distilled.redactions).to.equal(1);
    expect(distilled.templates[0]?.text).to.include('<aws-secret-key>').and.to.include('on disk');
  });

  it('knows a value on both sides for the same, and lets no value make a template new', () => {
    const { templates } = distil(`ERROR rejected ${TOKEN}`, `ERROR rejected ghp_${'Zq8'.repeat(12)}`);
    expect(templates).to.have.length(1);
    const [template] = templates;
    expect(template?.text).to.equal('rejected <github-token>');
    expect(template?.canary.samples).to.deep.equal(template?.stable.samples);
    expect(new Set(template?.canary.samples).size).to.equal(2);
    for (const sample of template?.canary.samples ?? []) {
      expect(sample).to.match(/^ERROR rejected <github-token#[0-9a-f]{4}>$/);
    }
  });

  it('redacts before it cuts', () => {
    for (const length of [480, 500, 1000, 1010, 4070, 4090]) {
      const text = JSON.stringify(distil(`ERROR ${'word '.repeat(length / 5)}${TOKEN} behind`));
      expect(text, String(length)).not.to.include('ghp_a');
    }
  });

  it('redacts before it cuts a record that redaction shortens', () => {
    const long = `${'eyJhbGciOiJIUzI1NiJ9'}.${'aB3x'.repeat(940)}.${'c'.repeat(40)}`;
    expect(JSON.stringify(distil(`ERROR jwt ${long} then ${TOKEN} ${TOKEN} ${TOKEN}`))).not.to.include(
      'ghp_a',
    );
  });

  it('sees through terminal colours', () => {
    const coloured = `ERROR rejected ghp_\x1b[31m${TOKEN.slice(4, 20)}\x1b[0m${TOKEN.slice(20)} now`;
    const text = JSON.stringify(distil(coloured));
    expect(text).not.to.include(TOKEN.slice(4, 12)).and.not.to.include(TOKEN.slice(-12));
  });

  it('drops every line of a private key that is logged line by line', () => {
    const body = ['MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj', 'Zm9vYmFyYmF6cXV4Cg=='];
    const text = JSON.stringify(
      distil(
        'ERROR bad key',
        '-----BEGIN PRIVATE KEY-----',
        ...body,
        '-----END PRIVATE KEY-----',
        'ERROR next',
      ),
    );
    for (const line of body) expect(text).not.to.include(line.slice(0, 12));
    expect(text).to.include('next');
  });

  it('takes no record behind a key that was cut off for its body', () => {
    const { templates } = distil('-----BEGIN PRIVATE KEY-----', 'INFO order shipped to customer');
    expect(templates.map(({ text }) => text)).to.include('order shipped to customer');
  });

  it('hides a secret within a stack trace of a JSON record', () => {
    const record = JSON.stringify({
      level: 'error',
      msg: 'login failed',
      stack: `Error: refused ${TOKEN}\n    at login (/app/a.js:1:2)`,
    });
    const text = JSON.stringify(distil(record));
    expect(text).not.to.include('ghp_a').and.not.to.include(TOKEN.slice(-10));
  });
});

describe('hideSecrets', () => {
  it('leaves a piece that the text has elsewhere too', () => {
    const secrets = [{ value: 'order-secret99', placeholder: '<password>' }];
    expect(hideSecrets('order token=<id>', 'order token=order-secret99', secrets)).to.equal(
      'order token=<id>',
    );
  });
});
