import { Ajv } from 'ajv';
import { expect } from 'chai';
import fc from 'fast-check';
import schema from '../../../../crds/generated/canaryanalysis.schema.json' with { type: 'json' };
import { acceptedFix } from '../../../../operator/review/proposed-fix.ts';

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
    expect(acceptedFix(fix(), { redact })).to.deep.equal(fix());
  });

  it('has spaces where the model copied marks', () => {
    const unmarked = (text: string): string => text.replaceAll('·', ' ');
    const marked = fix({ edits: [edit({ before: 'host:·db-old' })] });
    expect(acceptedFix(marked, { redact, unmarked })?.edits[0]?.before).to.equal('host: db-old');
  });

  for (const [what, proposed] of [
    ['nothing', undefined],
    ['no edits', fix({ edits: [] })],
    ['nine edits', fix({ edits: Array.from({ length: 9 }, (_, index) => edit({ path: `f${index}` })) })],
    ['an edit that changes nothing', fix({ edits: [edit({ after: 'db-old' })] })],
    ['an edit of no file', fix({ edits: [edit({ path: '' })] })],
    ['a path that is too long', fix({ edits: [edit({ path: 'x'.repeat(257) })] })],
    ['a text that is too long', fix({ edits: [edit({ after: 'x'.repeat(4097) })] })],
    [
      'more than 8192 characters together',
      fix({ edits: [edit({ after: 'x'.repeat(4090) }), edit({ after: 'y'.repeat(4095) })] }),
    ],
    ['a secret in a text', fix({ edits: [edit({ after: 'password: hunter2' })] })],
    ['a secret in a path', fix({ edits: [edit({ path: 'hunter2.yaml' })] })],
    ['a secret in its summary', fix({ summary: 'The password is hunter2' })],
  ] as const) {
    it(`is left out when it is ${what}`, () => {
      expect(acceptedFix(proposed, { redact })).to.equal(undefined);
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
          const kept = acceptedFix(proposed, { redact });
          if (kept === undefined) return;
          expect(validate(kept)).to.equal(true);
        },
      ),
    );
  });
});
