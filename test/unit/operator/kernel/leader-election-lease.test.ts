import { expect } from 'chai';
import {
  claim,
  guarded,
  type LeaseObject,
  LeaseObservation,
  microTime,
  release,
} from '../../../../operator/kernel/leader-election-lease.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 67);
const MICRO = '2026-01-02T03:04:05.067000Z';

function leaseOf(holderIdentity: string, more: Partial<LeaseObject['spec']> = {}): LeaseObject {
  return {
    metadata: { name: 'l', namespace: 'ns', uid: 'u', resourceVersion: '7' },
    spec: { holderIdentity, leaseDurationSeconds: 15, acquireTime: 'a', renewTime: 'r', ...more },
  };
}

describe('a Lease', () => {
  it('has times with six fraction digits', () => {
    expect(microTime(NOW)).to.equal(MICRO);
  });

  it('that is new begins with no transition', () => {
    expect(claim('me', 15_000, NOW)).to.deep.equal({
      holderIdentity: 'me',
      leaseDurationSeconds: 15,
      acquireTime: MICRO,
      renewTime: MICRO,
      leaseTransitions: 0,
    });
  });

  it('that is renewed keeps when it was acquired and how often it changed hands', () => {
    const renewed = claim('me', 15_000, NOW, leaseOf('me', { leaseTransitions: 4 }));
    expect(renewed).to.include({ acquireTime: 'a', renewTime: MICRO, leaseTransitions: 4 });
  });

  it('that changes hands counts it, also when it had been given back', () => {
    const taken = claim('me', 15_000, NOW, leaseOf('other', { leaseTransitions: 4 }));
    expect(taken).to.include({ acquireTime: MICRO, leaseTransitions: 5 });
    expect(claim('me', 15_000, NOW, leaseOf(''))).to.include({ leaseTransitions: 1 });
  });

  it('that is given back has no holder and lasts a second', () => {
    expect(release(NOW)).to.deep.equal({
      holderIdentity: '',
      leaseDurationSeconds: 1,
      acquireTime: MICRO,
      renewTime: MICRO,
    });
  });

  it('is only changed as it was read', () => {
    expect(guarded(leaseOf('me'), { renewTime: MICRO })).to.deep.equal({
      metadata: { name: 'l', uid: 'u', resourceVersion: '7' },
      spec: { renewTime: MICRO },
    });
  });
});

describe('the observation of a Lease', () => {
  it('counts from when a change was seen, whatever times the lease states', () => {
    const observed = new LeaseObservation(60_000);
    observed.see(leaseOf('other', { renewTime: '1999-01-01T00:00:00.000000Z' }), 1000);
    expect(observed.remaining(1000)).to.equal(15_000);
    observed.see(leaseOf('other', { renewTime: '1999-01-01T00:00:00.000000Z' }), 9000);
    expect(observed.remaining(9000)).to.equal(7000);
    observed.see(leaseOf('other', { renewTime: '1998-01-01T00:00:00.000000Z' }), 10_000);
    expect(observed.remaining(10_000)).to.equal(15_000);
  });

  it('is not prolonged by writes that leave the spec alone', () => {
    const observed = new LeaseObservation(60_000);
    observed.see(leaseOf('other'), 0);
    const labelled = leaseOf('other');
    observed.see({ ...labelled, metadata: { ...labelled.metadata, resourceVersion: '8' } }, 14_000);
    expect(observed.remaining(15_000)).to.equal(0);
  });

  it('begins anew with another Lease of the same name', () => {
    const observed = new LeaseObservation(60_000);
    observed.see(leaseOf('other'), 0);
    const recreated = leaseOf('other');
    observed.see({ ...recreated, metadata: { ...recreated.metadata, uid: 'u2' } }, 14_000);
    expect(observed.remaining(14_000)).to.equal(15_000);
  });

  it('takes its own duration for a lease that states none', () => {
    const observed = new LeaseObservation(60_000);
    observed.see({ metadata: { name: 'l' }, spec: { holderIdentity: 'other' } }, 0);
    expect(observed.remaining(0)).to.equal(60_000);
  });
});
