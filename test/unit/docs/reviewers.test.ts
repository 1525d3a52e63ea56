import { expect } from 'chai';
import type { PodFact, ReviewRequest } from '../../../operator/model.ts';
import { evidenceDocument } from '../../../operator/review/evidence-document.ts';
import { finding, reviewRequest, template } from '../operator/review/fixtures.ts';
import { blocksOf, codeWords, tableRows } from './markdown.ts';

/** The names of all fields of a JSON value. */
function fieldsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) => [name, ...fieldsOf(field)]);
}

/** Evidence in which every field that there can be is set. */
function fullEvidence(): unknown {
  const base = reviewRequest();
  const { canary } = base.evidence;
  const [pod] = canary.pods;
  if (pod === undefined) throw new Error('the fixture has a pod');
  const troubled: PodFact = {
    ...pod,
    ready: false,
    reason: 'Evicted',
    containers: pod.containers.map((container) => ({
      ...container,
      ready: false,
      restarts: 2,
      waitingReason: 'CrashLoopBackOff',
      waitingMessage: 'back-off',
      lastTerminated: { reason: 'Error', exitCode: 1 },
    })),
  };
  const warning = {
    side: 'canary',
    object: 'Pod/web',
    type: 'Warning',
    reason: 'BackOff',
    message: 'm',
    count: 3,
    lastSeen: 0,
  } as const;
  const request = {
    ...base,
    assessed: { ...base.assessed, findings: [finding({ canaryPods: 1, pValueMillionths: 10 })] },
    distilled: { ...base.distilled, templates: [template({ id: 'T9' })] },
    evidence: {
      ...base.evidence,
      gaps: ['one log could not be read'],
      canary: { ...canary, pods: [troubled], events: [warning] },
    },
  };
  return shown(request);
}

function shown(request: ReviewRequest): unknown {
  return JSON.parse(evidenceDocument(request, { maxTokens: 4000, redact: (text) => text }).json);
}

describe('the page on reviewers', () => {
  it('names every field that leaves the cluster, and no field that does not', () => {
    const cells = tableRows('docs/reviewers.md', 'field').flat();
    const documented = new Set(cells.flatMap(codeWords).flatMap((word) => word.split('.')));
    expect([...documented]).to.have.members([...new Set(fieldsOf(fullEvidence()))]);
  });

  it('shows what evidence looks like', () => {
    const [example] = blocksOf('docs/reviewers.md').filter(({ language }) => language === 'json');
    expect(JSON.parse(example?.text ?? '')).to.deep.equal(shown(reviewRequest()));
  });
});
