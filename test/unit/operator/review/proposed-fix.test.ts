import { Ajv } from 'ajv';
import { expect } from 'chai';
import fc from 'fast-check';
import schema from '../../../../crds/generated/canaryanalysis.schema.json' with { type: 'json' };
import { keptFix } from '../../../../operator/review/proposed-fix.ts';

const redact = (text: string): string => text.replaceAll('hunter2', '<secret>');
const edit = (overrides: object = {}) => ({
  path: 'deploy/web.yaml',
  before: 'db-old',
  after: 'db',
  ...overrides,
});
const fix = (overrides: object = {}) => ({ summary: 'Correct DB_HOST', edits: [edit()], ...overrides });

describe('a fix that a model proposes', () => {
  it('is kept as it is', () => {
    expect(keptFix(fix(), { redact })).to.deep.equal({ fix: fix() });
  });

  it('has spaces where the model copied marks', () => {
    const unmarked = (text: string): string => text.replaceAll('·', ' ');
    const marked = fix({ edits: [edit({ before: 'host:·db-old' })] });
    const kept = keptFix(marked, { redact, unmarked });
    expect('fix' in kept && kept.fix.edits[0]?.before).to.equal('host: db-old');
  });

  for (const [what, proposed, leftOut] of [
    ['no edits', fix({ edits: [] }), /no edits/],
    [
      'nine edits',
      fix({ edits: Array.from({ length: 9 }, (_, index) => edit({ path: `f${index}` })) }),
      /9 edits, more than 8/,
    ],
    ['an edit that changes nothing', fix({ edits: [edit({ after: 'db-old' })] }), /changes nothing/],
    ['an edit of no file', fix({ edits: [edit({ path: '' })] }), /path is empty/],
    ['a path that is too long', fix({ edits: [edit({ path: 'x'.repeat(257) })] }), /longer than 256/],
    ['a text that is too long', fix({ edits: [edit({ after: 'x'.repeat(4097) })] }), /longer than 4096/],
    [
      'more than 8192 characters together',
      fix({ edits: [edit({ after: 'x'.repeat(4090) }), edit({ after: 'y'.repeat(4095) })] }),
      /8192 characters together/,
    ],
    ['a secret in a text', fix({ edits: [edit({ after: 'password: hunter2' })] }), /looks like a secret/],
    ['a secret in a path', fix({ edits: [edit({ path: 'hunter2.yaml' })] }), /looks like a secret/],
    ['a secret in its summary', fix({ summary: 'The password is hunter2' }), /looks like a secret/],
  ] as const) {
    it(`is left out, with the reason, when it is ${what}`, () => {
      const kept = keptFix(proposed, { redact });
      expect('leftOut' in kept && kept.leftOut).to.match(leftOut);
      expect(JSON.stringify(kept)).not.to.contain('hunter2');
    });
  }

  it('fits the status, whatever it holds', () => {
    const { opinions } = schema.properties.status.properties;
    const validate = new Ajv({ strict: false }).compile(opinions.items.properties.proposedFix);
    const text = fc.string({ unit: 'binary', maxLength: 4200 });
    fc.assert(
      fc.property(
        fc.record({
          summary: text,
          edits: fc.array(fc.record({ path: text, before: text, after: text }), { maxLength: 9 }),
        }),
        (proposed) => {
          const kept = keptFix(proposed, { redact });
          expect('leftOut' in kept || validate(kept.fix)).to.equal(true);
        },
      ),
    );
  });
});
