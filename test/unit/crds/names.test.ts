import { expect } from 'chai';
import fc from 'fast-check';
import { analysisName } from '../../../crds/names.ts';

const run = { analysisRun: 'web-6ff4cd9669-3-1', analysisRunUID: '0b1c', metric: 'ai-analysis', ordinal: 1 };

describe('the name of an analysis', () => {
  it('says which run, metric and measurement it belongs to', () => {
    expect(analysisName(run)).to.match(/^web-6ff4cd9669-3-1-ai-analysis-1-[0-9a-f]{8}$/);
  });

  it('is the same for the same measurement and another for every other', () => {
    expect(analysisName(run)).to.equal(analysisName({ ...run }));
    const others = [{ ordinal: 2 }, { metric: 'ai.analysis' }, { analysisRunUID: '0b1d' }];
    const names = new Set(others.map((other) => analysisName({ ...run, ...other })));
    names.add(analysisName(run));
    expect(names.size).to.equal(4);
  });

  it('is a DNS label whatever the run and the metric are called', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.string(),
        fc.integer({ min: 1, max: 1_000_000 }),
        (a, u, m, n) => {
          const name = analysisName({ analysisRun: a, analysisRunUID: u, metric: m, ordinal: n });
          expect(name).to.match(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
          expect(name.length).to.be.at.most(63);
        },
      ),
    );
  });
});
