import { expect } from 'chai';
import type { Condition } from '../../../../crds/v1alpha1/status.ts';
import {
  getCondition,
  isTrue,
  MAX_CONDITION_MESSAGE,
  setCondition,
  timestamp,
} from '../../../../operator/kernel/conditions.ts';

const EARLY = new Date('2026-01-01T10:00:00.900Z');
const LATE = new Date('2026-01-01T11:00:00.000Z');
const collected = {
  type: 'EvidenceCollected',
  status: 'False',
  reason: 'Collecting',
  message: 'reading',
} as const;

describe('conditions', () => {
  it('are added at the end with the time of their setting, in whole seconds', () => {
    const first = setCondition<Condition>(undefined, collected, EARLY);
    const both = setCondition<Condition>(first, { ...collected, type: 'Complete' }, LATE);
    expect(both).to.deep.equal([
      { ...collected, lastTransitionTime: '2026-01-01T10:00:00Z' },
      { ...collected, type: 'Complete', lastTransitionTime: '2026-01-01T11:00:00Z' },
    ]);
  });

  it('keep their transition time while only reason and message change', () => {
    const before = setCondition<Condition>(undefined, collected, EARLY);
    const after = setCondition<Condition>(
      before,
      { ...collected, reason: 'Throttled', message: 'waiting' },
      LATE,
    );
    expect(after).to.deep.equal([
      { ...collected, reason: 'Throttled', message: 'waiting', lastTransitionTime: '2026-01-01T10:00:00Z' },
    ]);
  });

  it('take a new transition time with a new status, in their place', () => {
    const before = setCondition<Condition>(
      setCondition<Condition>(undefined, collected, EARLY),
      { ...collected, type: 'Complete' },
      EARLY,
    );
    const after = setCondition<Condition>(before, { ...collected, status: 'True' }, LATE);
    expect(after.map(({ type, lastTransitionTime }) => [type, lastTransitionTime])).to.deep.equal([
      ['EvidenceCollected', '2026-01-01T11:00:00Z'],
      ['Complete', '2026-01-01T10:00:00Z'],
    ]);
  });

  it('leave what they are made from as it was', () => {
    const before = Object.freeze(setCondition<Condition>(undefined, collected, EARLY));
    setCondition<Condition>(before, { ...collected, status: 'True' }, LATE);
    expect(getCondition(before, 'EvidenceCollected')?.status).to.equal('False');
  });

  it('are true only when they say so', () => {
    const conditions = setCondition<Condition>(undefined, { ...collected, status: 'True' }, EARLY);
    expect(isTrue(conditions, 'EvidenceCollected')).to.equal(true);
    expect(
      isTrue(
        setCondition<Condition>(conditions, { ...collected, status: 'Unknown' }, EARLY),
        'EvidenceCollected',
      ),
    ).to.equal(false);
    expect(isTrue(conditions, 'Complete')).to.equal(false);
    expect(isTrue<Condition>(undefined, 'Complete')).to.equal(false);
  });

  it('cut a long message, never through a character', () => {
    for (const lead of ['', 'x']) {
      const message = `${lead}${'🐤'.repeat(2000)}`;
      const [condition] = setCondition<Condition>(undefined, { ...collected, message }, EARLY);
      expect(condition?.message.length).to.be.at.most(MAX_CONDITION_MESSAGE);
      expect(condition?.message).to.match(/^x?(🐤)+…$/u);
    }
  });
});

describe("Kubernetes' time", () => {
  it('has whole seconds', () => {
    expect(timestamp(EARLY)).to.equal('2026-01-01T10:00:00Z');
  });
});
