import { expect } from 'chai';
import type { Opinion } from '../../../../crds/v1alpha1/status.ts';
import { MAX_STATUS_BYTES, trimStatus } from '../../../../operator/analysis/status.ts';

const finding = { id: 'F1', kind: 'NovelError', severity: 'Regressed' as const, message: 'm'.repeat(1000) };
const findings = Array.from({ length: 18 }, (_, index) => ({ ...finding, id: `F${index + 1}` }));

function opinionWith(letter: string): Opinion {
  const edits = [
    { path: 'a', before: letter, after: letter.repeat(4000) },
    { path: 'b', before: letter, after: letter.repeat(4000) },
  ];
  return { reviewer: 'gemini/m', verdict: 'Abort', confidence: 90, proposedFix: { summary: 's', edits } };
}

describe('a status that has to fit', () => {
  it('keeps a fix of 8192 characters', () => {
    const status = trimStatus({ findings, opinions: [opinionWith('x')] });
    expect(status.opinions?.[0]).to.have.property('proposedFix');
    expect(status.findings).to.have.length(18);
  });

  it('loses a fix that takes several bytes a character before it loses a finding', () => {
    const status = trimStatus({ findings, opinions: [opinionWith('\u0001')] });
    expect(status.opinions).to.deep.equal([
      { reviewer: 'gemini/m', verdict: 'Abort', confidence: 90, fixLeftOut: 'the status has no room for it' },
    ]);
    expect(status.findings).to.have.length(18);
    expect(Buffer.byteLength(JSON.stringify(status))).to.be.at.most(MAX_STATUS_BYTES);
  });
});
