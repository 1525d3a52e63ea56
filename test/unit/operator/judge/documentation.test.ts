import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { FINDING_KINDS } from '../../../../operator/judge/index.ts';

describe('docs/findings.md', () => {
  it('has a section for every kind of finding, and for nothing else', () => {
    const page = readFileSync(new URL('../../../../docs/findings.md', import.meta.url), 'utf8');
    const sections = [...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    expect(sections).to.have.members([...FINDING_KINDS]);
  });
});
