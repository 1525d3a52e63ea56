import { expect } from 'chai';
import type { CanaryAnalysis } from '../../../../crds/v1alpha1/canary-analysis.ts';
import type { CanaryAnalysisStatus } from '../../../../crds/v1alpha1/status.ts';
import { overdue, overdueAt } from '../../../../plugin/analyses/overdue.ts';

const CREATED = '2026-01-01T00:00:00Z';
const at = (seconds: number): number => Date.parse(CREATED) + seconds * 1000;

function analysis(status?: CanaryAnalysisStatus, timeoutSeconds?: number): CanaryAnalysis {
  return {
    metadata: { name: 'web-1', namespace: 'shop', creationTimestamp: CREATED },
    spec: timeoutSeconds === undefined ? {} : { timeoutSeconds },
    ...(status === undefined ? {} : { status }),
  };
}

const TAKEN_UP: CanaryAnalysisStatus = { startTime: CREATED };

describe('an analysis that nobody decides', () => {
  it('is overdue 60 s after its creation when no operator took it up', () => {
    expect(overdue(analysis(), at(59.999))).to.equal(undefined);
    const refusal = overdue(analysis(), at(60));
    expect(refusal?.reason).to.equal('OperatorNotRunning');
    expect(refusal?.message)
      .to.include('shop/web-1')
      .and.to.match(/Deployment has a ready pod/)
      .and.to.match(/watches namespace shop/)
      .and.to.match(/log/);
  });

  it('is overdue 30 s past its deadline when an operator took it up', () => {
    expect(overdue(analysis(TAKEN_UP), at(629))).to.equal(undefined);
    const refusal = overdue(analysis(TAKEN_UP), at(630));
    expect(refusal?.reason).to.equal('DeadlineMissed');
    expect(refusal?.message).to.match(/within its 600 s and 30 s more/);
  });

  it('takes the deadline from the spec, and from what took effect before that', () => {
    expect(overdueAt(analysis(TAKEN_UP, 20))).to.equal(at(50));
    const effective = { timeoutSeconds: 40 } as NonNullable<CanaryAnalysisStatus['effective']>;
    expect(overdueAt(analysis({ ...TAKEN_UP, effective }, 20))).to.equal(at(70));
  });

  it('is not waited for longer than its deadline even when nobody took it up', () => {
    expect(overdueAt(analysis(undefined, 10))).to.equal(at(40));
    expect(overdue(analysis(undefined, 10), at(40))?.reason).to.equal('OperatorNotRunning');
  });

  it('is never overdue once it has a verdict', () => {
    expect(overdue(analysis({ ...TAKEN_UP, verdict: 'Abort' }), at(10_000))).to.equal(undefined);
  });

  it('is not overdue while the API server has not said when it was created', () => {
    expect(overdue({ metadata: { name: 'web-1' }, spec: {} }, at(10_000))).to.equal(undefined);
  });
});
