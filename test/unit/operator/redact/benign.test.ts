import { expect } from 'chai';
import { createRedactor } from '../../../../operator/redact/index.ts';
import { benignLine } from './benign-lines.ts';
import { randomOf } from './pattern-values.ts';
import { seedOf } from './seed.ts';

describe('redaction of lines that hold nothing to hide', () => {
  it('replaces nothing in 20,000 of them', function () {
    this.timeout(120_000);
    const seed = seedOf(this);
    const random = randomOf(seed);
    const redactor = createRedactor();
    const changed: string[] = [];
    for (let k = 0; k < 20_000; k += 1) {
      const line = benignLine(random);
      const out = redactor.redact(line);
      if (out !== line) changed.push(`${line}\n → ${out}`);
    }
    expect(changed.slice(0, 20), `seed ${seed}, ${changed.length} lines`).to.deep.equal([]);
    expect(redactor.count).to.equal(0);
  });
});
