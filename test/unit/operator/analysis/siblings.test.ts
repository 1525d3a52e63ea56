import { expect } from 'chai';
import { leftBehindBy, lookOf } from '../../../../operator/analysis/siblings.ts';
import { analysis, at } from './builders.ts';

const SUBJECT = { rollout: 'web', canaryHash: 'h2' };
const window = (end: number) => ({ canaryStart: at(0), stableStart: at(0), end: at(end) });

describe('the look of an analysis', () => {
  it('counts the analyses of its Rollout and revision that were created before it', () => {
    const all = [
      analysis({ name: 'a', created: 1, status: { ...SUBJECT } }),
      analysis({ name: 'b', created: 2, status: { ...SUBJECT, canaryHash: 'h1' } }),
      analysis({ name: 'c', created: 3, status: { ...SUBJECT, rollout: 'another' } }),
      analysis({ name: 'd', created: 9, status: { ...SUBJECT } }),
    ];
    const one = analysis({ name: 'e', ordinal: 2, created: 5 });
    expect(lookOf(one, SUBJECT, [...all, one])).to.deep.equal({ look: 2 });
  });

  it('counts one that has no status yet when it is of the same run and revision', () => {
    const measurement = { analysisRun: 'run', analysisRunUID: 'run-uid', metric: 'a', ordinal: 1 };
    const other = analysis({ name: 'a', spec: { measurement: { ...measurement, podTemplateHash: 'h2' } } });
    const one = analysis({ name: 'b', created: 0 });
    expect(lookOf(one, SUBJECT, [other, one]).look).to.equal(2);
    expect(lookOf(other, SUBJECT, [other, one]).look).to.equal(1);
  });

  it('goes on counting from an earlier one whose own predecessors are deleted', () => {
    const kept = analysis({ name: 'c', created: 3, status: { ...SUBJECT, look: 7 } });
    const one = analysis({ name: 'd', created: 5 });
    expect(lookOf(one, SUBJECT, [kept, one]).look).to.equal(8);
  });

  it('begins where the last one of the same metric ended', () => {
    const all = [
      analysis({ name: 'a', created: 1, status: { ...SUBJECT, window: window(30) } }),
      analysis({ name: 'b', created: 2, status: { ...SUBJECT, window: window(60) } }),
      analysis({ name: 'c', created: 3, metric: 'other', status: { ...SUBJECT, window: window(90) } }),
    ];
    const one = analysis({ name: 'd', created: 5 });
    expect(lookOf(one, SUBJECT, all)).to.deep.equal({ look: 4, previousEnd: Date.parse(at(60)) });
  });

  it('is the first where pods are told by selectors alone', () => {
    expect(lookOf(analysis(), {}, [analysis({ name: 'a' })])).to.deep.equal({ look: 1 });
  });
});

describe('a later measurement', () => {
  it('leaves behind the undecided ones of its run and metric', () => {
    const later = analysis({ name: 'later', ordinal: 3 });
    const all = [
      analysis({ name: 'undecided', ordinal: 1 }),
      analysis({ name: 'decided', ordinal: 2, status: { verdict: 'Promote' } }),
      analysis({ name: 'other', metric: 'other', ordinal: 1 }),
      later,
    ];
    expect(leftBehindBy(later, all).map(({ metadata }) => metadata.name)).to.deep.equal(['undecided']);
  });
});
