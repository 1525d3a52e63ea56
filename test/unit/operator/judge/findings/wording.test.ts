import { expect } from 'chai';
import fc from 'fast-check';
import { quoted } from '../../../../../operator/judge/findings/wording.ts';

describe('a quote in a sentence', () => {
  it('is the first line between backticks, which it cannot hold', () => {
    expect(quoted(' cannot open `ledger`\nat line 2')).to.equal("`cannot open 'ledger'`");
  });

  it('is cut at 160 characters, and never within a placeholder', () => {
    const text = (before: number) =>
      `${'x'.repeat(before)}<num> of <duration> in {…} and more than fits${' y'.repeat(60)}`;
    expect(quoted(text(146))).to.equal(`\`${'x'.repeat(146)}<num> of …\``);
    expect(quoted(text(155))).to.equal(`\`${'x'.repeat(155)}…\``);
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 170 }), (before) => {
        const quote = quoted(text(before));
        expect(quote.length).to.be.at.most(162);
        expect(quote).not.to.match(/<[a-z]*…|\{…(?!\})/);
      }),
    );
  });
});
