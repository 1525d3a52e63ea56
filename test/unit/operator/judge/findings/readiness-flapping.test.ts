import { expect } from 'chai';
import { assess } from '../../../../../operator/judge/index.ts';
import type { EventFact, PodFact } from '../../../../../operator/model.ts';
import { container, END, input, pod, START } from '../builders.ts';

const lapsed = { readyThroughout: false, readySeconds: 240 };
const probe = (changed: Partial<EventFact> = {}): EventFact => ({
  side: 'canary',
  object: 'Pod/canary-1',
  type: 'Warning',
  reason: 'Unhealthy',
  message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
  count: 4,
  lastSeen: END - 5_000,
  ...changed,
});
function flapping(canaryPods: PodFact[], stablePods: PodFact[], events: EventFact[] = []) {
  const given = input({ canaryPods, stablePods });
  const { evidence } = given;
  return assess({
    ...given,
    evidence: { ...evidence, canary: { ...evidence.canary, events } },
  }).findings.filter(({ kind }) => kind === 'ReadinessFlapping');
}
const canary = (changed: Partial<PodFact> = {}) => [pod('canary', 'canary-1', changed)];
const stable = (changed: Partial<PodFact> = {}) => [pod('stable', 'stable-1', changed)];

describe('ReadinessFlapping', () => {
  it('suspects a pod that was Ready before, and again, but not all through', () => {
    const [finding] = flapping(canary(lapsed), stable());
    expect(finding).to.include({
      severity: 'Suspicious',
      message: '1 of 1 canary pod lost readiness after the start-up; of stable 0',
    });
    expect(finding?.samples).to.deep.equal(['pod canary-1 was Ready for 240 s of the window']);
  });

  it('suspects a pod that was seen to lose its readiness, and says how often', () => {
    const [finding] = flapping(canary({ readinessLosses: 2, startedAt: START + 10_000 }), stable());
    expect(finding?.samples).to.deep.equal([
      'pod canary-1 was Ready for 600 s of the window, lost readiness 2 times',
    ]);
  });

  it('suspects a pod that lost its readiness for good', () => {
    const [finding] = flapping(
      [...canary(), pod('canary', 'canary-2', { ready: false, readySeconds: 0, readinessLosses: 1 })],
      stable(),
    );
    expect(finding?.severity).to.equal('Suspicious');
    expect(finding?.samples).to.deep.equal(['pod canary-2 is not Ready, lost readiness 1 time']);
  });

  it('suspects a pod whose readiness probe fails long after its start, and quotes the kubelet', () => {
    const [finding] = flapping(canary(), stable(), [probe()]);
    expect(finding?.severity).to.equal('Suspicious');
    expect(finding?.samples?.[0]).to.contain('HTTP probe failed with statuscode: 503');
  });

  it('only notes what stable does just as much', () => {
    expect(flapping(canary(lapsed), stable(lapsed))[0]?.severity).to.equal('Info');
  });

  const table: readonly [string, PodFact[], EventFact[]?][] = [
    ['a pod that was Ready all through', canary()],
    ['a pod that started within the window', canary({ ...lapsed, startedAt: START + 10_000 })],
    ['a pod that was watched and lost nothing', canary({ ...lapsed, readinessLosses: 0 })],
    ['a pod that restarted', canary({ ...lapsed, containers: [container({ restarts: 1 })] })],
    ['a pod that is gone', canary({ ...lapsed, deleted: true })],
    ['an evicted pod', canary({ ...lapsed, reason: 'Evicted' })],
    ['a probe that failed twice', canary(), [probe({ count: 2 })]],
    [
      'a probe that failed while the pod started',
      canary({ startedAt: START, createdAt: START }),
      [probe({ lastSeen: START + 30_000 })],
    ],
    ['a probe of another pod', canary(), [probe({ object: 'Pod/canary-9' })]],
    ['a failed liveness probe', canary(), [probe({ message: 'Liveness probe failed: timeout' })]],
  ];
  for (const [what, pods, events] of table)
    it(`does not tell of ${what}`, () => {
      expect(flapping(pods, stable(), events)).to.deep.equal([]);
    });
});
