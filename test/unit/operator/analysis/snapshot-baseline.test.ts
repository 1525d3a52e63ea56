import { expect } from 'chai';
import {
  baselineCandidates,
  type Compared,
  withBaseline,
  withoutMarks,
} from '../../../../operator/analysis/snapshot-baseline.ts';
import type { Evidence, Template, TemplateCount } from '../../../../operator/model.ts';
import { analysis, at } from './builders.ts';

const SUBJECT = { rollout: 'web', stableHash: 'h1', canaryHash: 'h2' };
const COVERAGE = { podsFound: 1, podsRead: 1, podsReady: 1, containers: 1, lines: 1, bytes: 1, exposure: 1 };

function stored(
  name: string,
  end: number,
  baseline: 'Pods' | 'Snapshot' = 'Pods',
  status: 'True' | 'False' = 'True',
) {
  const condition = {
    type: 'EvidenceStored',
    status,
    reason: 'Stored',
    message: '',
    lastTransitionTime: at(0),
  } as const;
  return analysis({
    name,
    status: {
      ...SUBJECT,
      window: { canaryStart: at(0), stableStart: at(0), end: at(end) },
      coverage: { stable: COVERAGE, canary: COVERAGE, baseline },
      conditions: [condition],
    },
  });
}

const seen = (count: number): TemplateCount => ({ count, startup: 0, outside: 0, pods: {}, samples: [] });
const template = (id: string, text: string, stable: number, canary: number): Template => ({
  id,
  text,
  level: 'error',
  stable: seen(stable),
  canary: seen(canary),
});

function compared(baseline: Evidence['baseline'], templates: Template[], lastTemplate?: string): Compared {
  const side = { interval: { from: 0, to: 1 }, pods: [], events: [] };
  const read = { podsFound: 1, podsRead: 1, containers: 1, bytes: 9 };
  const stable = { side: 'stable', pod: 's', container: 'app', kind: 'app', previous: false } as const;
  return {
    evidence: {
      stable: side,
      canary: side,
      change: [],
      baseline,
      read: { stable: read, canary: read },
      gaps: [],
      logsComplete: { stable: true, canary: true },
    },
    distilled: {
      templates,
      lines: { stable: baseline === 'Pods' ? 7 : 0, canary: 5 },
      bytes: { stable: 1, canary: 1 },
      span: { stable: undefined, canary: undefined },
      lastWords: lastTemplate === undefined ? [] : [{ source: stable, templateId: lastTemplate }],
      redactions: 0,
      overflow: { stable: 0, canary: 0 },
      numbers: [],
    },
  };
}

describe('the stored evidence that may serve as a baseline', () => {
  it('is of the same Rollout and revisions, stored, read from pods, the newest first', () => {
    const other = stored('other', 99);
    const all = [
      stored('old', 10),
      stored('new', 20),
      stored('borrowed', 30, 'Snapshot'),
      stored('refused', 40, 'Pods', 'False'),
      { ...other, status: { ...other.status, canaryHash: 'h3' } },
    ];
    const one = analysis({ name: 'one', status: SUBJECT });
    expect(baselineCandidates(one, [...all, one]).map(({ metadata }) => metadata.name)).to.deep.equal([
      'new',
      'old',
    ]);
  });
});

describe('evidence with an earlier stable side', () => {
  it('counts each template of both, and names where the baseline came from', () => {
    const own = compared('None', [template('T1', 'both', 0, 4), template('T2', 'canary only', 0, 3)]);
    const before = compared(
      'Pods',
      [
        template('T1', 'stable only', 6, 0),
        template('T2', 'both', 2, 9),
        template('T3', 'canary then', 0, 5),
      ],
      'T1',
    );
    const { evidence, distilled } = withBaseline(own, before, 'the stored evidence of web-1');
    expect(evidence.baseline).to.equal('Snapshot');
    expect(evidence.gaps[0]).to.include('the stored evidence of web-1');
    const counts = distilled.templates.map(({ id, text, stable, canary }) => [
      id,
      text,
      stable.count,
      canary.count,
    ]);
    expect(counts).to.deep.equal([
      ['T1', 'both', 2, 4],
      ['T2', 'canary only', 0, 3],
      ['T3', 'stable only', 6, 0],
    ]);
    expect(distilled.lines).to.deep.equal({ stable: 7, canary: 5 });
    expect(distilled.lastWords.map(({ templateId }) => templateId)).to.deep.equal(['T3']);
  });

  it('has no marks of another analysis in its samples', () => {
    const { stable, ...rest } = template('T1', 'both', 2, 9);
    const sample = 'ERROR refused <github-token#3f9a> of <email#0c11>, order <#12ab>';
    const before = compared('Pods', [{ ...rest, stable: { ...stable, samples: [sample] } }]);
    expect(withoutMarks(before).distilled.templates[0]?.stable).to.deep.equal({
      ...stable,
      samples: ['ERROR refused <github-token> of <email>, order <#12ab>'],
    });
  });
});
