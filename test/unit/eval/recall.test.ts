import { expect } from 'chai';
import type { Outcome } from '../../eval/evaluate.ts';
import { recallBesidePeers, recallTable } from '../../eval/recall.ts';

function outcome(
  name: string,
  verdict: Outcome['verdict'],
  keywordLines: number,
  newTemplates: number,
): Outcome {
  return {
    name,
    class: name,
    expected: name === 'healthy' ? ['Promote'] : ['Abort', 'Inconclusive'],
    verdict,
    reason: '',
    assessment: 'Clean',
    message: '',
    ms: 1,
    tokens: 1,
    unfounded: [],
    keywordLines,
    newTemplates,
  };
}

/** Twenty good canaries, of which keyword lines are counted in two: 3 and 5. */
const GOOD = Array.from({ length: 20 }, (_, i) =>
  outcome('healthy', i === 2 ? 'Inconclusive' : 'Promote', i === 0 ? 3 : i === 1 ? 5 : 0, 0),
);
const BAD = [
  outcome('fault', 'Abort', 9, 0),
  outcome('fault', 'Inconclusive', 4, 2),
  outcome('fault', 'Promote', 3, 0),
  outcome('fault', 'Promote', 0, 0),
];

describe('recall beside the peers', () => {
  it('gives a peer the lowest threshold that keeps false aborts within a twentieth', () => {
    const seen = recallBesidePeers([...GOOD, ...BAD]).map(({ judge, threshold, falseAborts, byClass }) => [
      judge,
      threshold,
      falseAborts.count,
      byClass.fault?.count,
    ]);
    expect(seen).to.deep.equal([
      ['this judge', undefined, 0, 1],
      ['this judge, or stops', undefined, 1, 2],
      ['keyword lines', 1, 2, 3],
      ['keyword lines', 4, 1, 2],
      ['new Drain templates', 1, 0, 1],
    ]);
  });

  it('is a row for each judge, and nothing where the peers did not judge or nothing is good', () => {
    const table = recallTable(recallBesidePeers([...GOOD, ...BAD]));
    expect(table).to.match(/^keyword lines, from 4 on +5 % +2 of 4$/m);
    expect(recallBesidePeers(BAD)).to.deep.equal([]);
    const alone = GOOD.concat(BAD).map(({ keywordLines: _k, newTemplates: _n, ...rest }) => rest);
    expect(recallBesidePeers(alone)).to.deep.equal([]);
    expect(recallTable([])).to.equal('');
  });
});
