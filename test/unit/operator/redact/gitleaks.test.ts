import { expect } from 'chai';
import { GITLEAKS_RULES } from '../../../../operator/redact/generated/gitleaks-rules.ts';
import { createRedactor } from '../../../../operator/redact/index.ts';
import { randomOf } from './pattern-values.ts';
import { secretLine } from './secret-lines.ts';
import { seedOf } from './seed.ts';

describe('the rules of gitleaks', () => {
  it('leave no value of any kind, in whatever a program logs it', function () {
    this.timeout(60_000);
    const seed = seedOf(this);
    const random = randomOf(seed);
    const left: string[] = [];
    let values = 0;
    for (const rule of GITLEAKS_RULES) {
      for (let k = 0; k < 4; k += 1) {
        const { line, secret } = secretLine(rule, random);
        const redactor = createRedactor();
        const out = redactor.redact(line).replaceAll(/<[a-z\d-]+>/g, '<>');
        values += 1;
        const pieces = secret.length < 24 ? [secret] : [secret.slice(0, 12), secret.slice(-12), secret];
        if (pieces.some((piece) => out.includes(piece)) || redactor.count === 0) {
          left.push(`${rule.id}: ${line}\n → ${out}`);
        }
      }
    }
    expect(values).to.be.at.least(800);
    expect(left, `seed ${seed}`).to.deep.equal([]);
  });
});
