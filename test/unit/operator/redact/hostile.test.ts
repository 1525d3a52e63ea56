import { expect } from 'chai';
import { createRedactor } from '../../../../operator/redact/index.ts';
import { WINDOW } from '../../../../operator/redact/redactor.ts';
import type { RedactionRule } from '../../../../operator/redact/rule.ts';
import { allRules } from '../../../../operator/redact/rules.ts';

const LENGTH = 65_536;

/** A line that sets out to keep a rule busy: its own hint over and over, as name, as value, and what many values are made of. */
function hostileLine(rule: RedactionRule): string {
  const hint = rule.hints[0] ?? '4';
  const part = LENGTH / 4;
  return [hint, `${hint}="a1`, `${hint} = `, 'aB1_']
    .map((piece) => piece.repeat(Math.ceil(part / piece.length)).slice(0, part))
    .join('');
}

describe('redaction of hostile lines', () => {
  it('shows every rule a crafted line of 64 KiB at most three times over, in bounded windows', function () {
    this.timeout(240_000);
    const busy: string[] = [];
    for (const rule of allRules()) {
      const line = hostileLine(rule);
      let seen = 0;
      const counted: RedactionRule = {
        ...rule,
        hints: [],
        *find(window) {
          expect(window.length).to.be.at.most(WINDOW);
          seen += window.length;
          yield* rule.find(window);
        },
      };
      const start = process.cpuUsage();
      createRedactor({ rules: [counted] }).redactKinds(line);
      const { user } = process.cpuUsage(start);
      if (seen > 3 * LENGTH) busy.push(`${rule.placeholder} saw ${seen} characters`);
      // Backtracking takes minutes where matching takes a second.
      if (user > 10_000_000) busy.push(`${rule.placeholder} took ${user / 1e6} s`);
    }
    expect(busy).to.deep.equal([]);
  });
});
