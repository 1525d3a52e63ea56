import { expect } from 'chai';
import type { Opinion } from '../../../../crds/v1alpha1/status.ts';
import { checkCitations } from '../../../../operator/judge/index.ts';
import { assessed, count, input, opinion, suspicion, template } from './builders.ts';

const slow = { ...template('error', 2, 40, 'upstream timed out after <dur>'), id: 'T1' };
const alike = {
  ...template(
    'warn',
    count('stable', 40, { samples: ['cache is cold for user 17'] }),
    40,
    'cache is cold for user <num>',
  ),
  id: 'T2',
};
const { distilled } = input({ templates: [slow, alike] });
const judged = assessed('Suspicious', [
  suspicion({ samples: ['upstream timed out   after 5000 ms'] }),
  suspicion({
    id: 'F2',
    kind: 'NotReady',
    templateId: undefined,
    template: undefined,
    samples: ['pod canary-2 is not Ready, phase Running'],
  } as never),
]);

function checks(verdict: Opinion['verdict'], id: string, quote: string): boolean | undefined {
  const citations = [{ id, quote, checks: false }];
  return checkCitations(opinion(verdict, { citations }), judged, distilled).citations?.[0]?.checks;
}

describe('a citation', () => {
  it('checks when the quote is in the samples of the finding', () => {
    expect(checks('Promote', 'F1', 'timed out after 5000 ms')).to.equal(true);
  });

  it('checks when the quote is in the template or its samples, on either side', () => {
    expect(checks('Promote', 'T1', 'upstream timed out')).to.equal(true);
    expect(checks('Promote', 'T2', 'cache is cold for user 17')).to.equal(true);
  });

  it('does not mind how white space runs', () => {
    expect(checks('Promote', 'F1', ' timed out\nafter 5000')).to.equal(true);
  });

  it('does not check under twelve characters, in another id, for an unknown id, or when made up', () => {
    expect(checks('Promote', 'F1', 'timed out a')).to.equal(false);
    expect(checks('Promote', 'T2', 'upstream timed out')).to.equal(false);
    expect(checks('Promote', 'T9', 'upstream timed out')).to.equal(false);
    expect(checks('Promote', 'F1', 'the canary is perfectly healthy')).to.equal(false);
  });

  it('speaks for an Abort only where the canary has more of it', () => {
    expect(checks('Abort', 'T1', 'upstream timed out')).to.equal(true);
    expect(checks('Abort', 'T2', 'cache is cold for user')).to.equal(false);
    expect(checks('Abort', 'F2', 'pod canary-2 is not Ready')).to.equal(true);
  });

  it('speaks for no Abort where it is of a start-up that stable knows', () => {
    const started = {
      ...template(
        'error',
        count('stable', 0, { outside: 3 }),
        count('canary', 12, { startup: 12 }),
        'connection refused, trying again',
      ),
      id: 'T1',
    };
    const of = (one: typeof started) => {
      const citations = [{ id: 'T1', quote: 'connection refused, trying', checks: false }];
      const nothing = { ...assessed('Clean', []) };
      return checkCitations(opinion('Abort', { citations }), nothing, input({ templates: [one] }).distilled)
        .citations?.[0]?.checks;
    };
    expect(of(started)).to.equal(false);
    expect(of({ ...started, stable: count('stable', 3, { startup: 3 }) })).to.equal(false);
    expect(of({ ...started, stable: count('stable', 0) })).to.equal(true);
    expect(of({ ...started, canary: count('canary', 12, { startup: 3 }) })).to.equal(true);
  });

  it('is checked anew whatever the reviewer claims', () => {
    const citations = [{ id: 'F1', quote: 'the canary is perfectly healthy', checks: true }];
    const checked = checkCitations(opinion('Promote', { citations }), judged, distilled);
    expect(checked.citations?.[0]?.checks).to.equal(false);
  });

  it('leaves an opinion without citations as it is', () => {
    const plain = opinion('Promote');
    expect(checkCitations(plain, judged, distilled)).to.equal(plain);
  });
});
