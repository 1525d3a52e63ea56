import { expect } from 'chai';
import fc from 'fast-check';
import { type Dialect, Dialects, FULL_DIALECT, simpler } from '../../../../operator/review/openai-dialect.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

describe('what is left out of a request that a server refused', () => {
  for (const [complaint, change] of [
    ["Unsupported value: 'temperature' does not support 0 with this model.", { temperature: false }],
    ['Unrecognized request argument supplied: max_completion_tokens', { limit: 'max_tokens' }],
    [
      "Invalid parameter: 'response_format' of type 'json_schema' is not supported",
      { format: 'json_object' },
    ],
    ["does not support ['response_format', 'max_completion_tokens']", { format: 'json_object' }],
    ['Bad Request', { format: 'json_object' }],
    ['', { format: 'json_object' }],
  ] as const) {
    it(`is what "${complaint}" names, else the form of the answer`, () => {
      expect(simpler(FULL_DIALECT, complaint)).to.deep.equal({ ...FULL_DIALECT, ...change });
    });
  }

  it('becomes more with each refusal, and comes to an end', () => {
    const weight = ({ format, limit, temperature }: Dialect): number =>
      ['text', 'json_object', 'json_schema'].indexOf(format) * 4 +
      (limit === 'max_completion_tokens' ? 2 : 0) +
      (temperature ? 1 : 0);
    const complaint = fc
      .subarray(['temperature', 'response_format', 'max_completion_tokens', 'max_tokens', 'something else'])
      .map((names) => names.join(' and '));
    fc.assert(
      fc.property(fc.infiniteStream(complaint), (complaints) => {
        let dialect = FULL_DIALECT;
        for (const text of complaints) {
          const next = simpler(dialect, text);
          if (next === undefined) break;
          expect(weight(next)).to.be.below(weight(dialect));
          dialect = next;
        }
        expect(dialect).to.include({ format: 'text', limit: 'max_tokens' });
      }),
    );
  });

  it('is remembered for some endpoints, the newest', () => {
    const dialects = new Dialects(new FakeClock());
    const plain = { ...FULL_DIALECT, format: 'text' as const };
    for (let index = 0; index < 300; index++) dialects.remember(`u${index}`, plain);
    expect(dialects.of('u0')).to.equal(FULL_DIALECT);
    expect(dialects.of('u299')).to.equal(plain);
  });
});
