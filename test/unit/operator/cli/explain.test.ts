import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import type { CanaryAnalysis } from '../../../../crds/v1alpha1/canary-analysis.ts';
import { run } from '../../../../operator/cli/run.ts';

const side = {
  podsFound: 3,
  podsRead: 2,
  podsReady: 3,
  containers: 2,
  lines: 900,
  bytes: 50_000,
  exposure: 800,
};
const ANALYSIS: CanaryAnalysis = {
  apiVersion: 'metric-ai.argoproj-labs.io/v1alpha1',
  kind: 'CanaryAnalysis',
  metadata: { name: 'shop-1', namespace: 'prod' },
  spec: {},
  status: {
    rollout: 'shop',
    stableHash: 'aaa',
    canaryHash: 'bbb',
    look: 2,
    verdict: 'Abort',
    reason: 'Regression',
    message: 'canary logs `order <num> failed` 38 times in 2 of 2 pods; stable never did',
    confidence: 99,
    assessment: 'Regressed',
    durationSeconds: 31,
    findings: [
      {
        id: 'F1',
        kind: 'NovelError',
        severity: 'Regressed',
        message: 'canary logs `order <num> failed` 38 times in 2 of 2 pods; stable never did',
        template: 'order <num> failed',
        stableCount: 0,
        canaryCount: 38,
        canaryPods: 2,
        pValueMillionths: 12,
        samples: ['ERROR order 17 failed\u001b[31m\n\tat shop.Order'],
      },
    ],
    moreFindings: 4,
    window: {
      canaryStart: '2026-01-01T00:00:00Z',
      stableStart: '2026-01-01T00:00:00Z',
      end: '2026-01-01T00:10:00Z',
    },
    coverage: {
      stable: side,
      canary: side,
      exposureUnit: 'lines',
      power: 97,
      baseline: 'Pods',
      redactions: 3,
      gaps: ['canary pod c, container app: refused (403)'],
    },
    opinions: [
      {
        reviewer: 'gemini/gemini-2.0-flash-exp',
        verdict: 'Abort',
        confidence: 80,
        summary: 'Orders fail.',
        rootCause: 'A null customer.',
        remediation: 'Check for null.',
        citations: [
          { id: 'F1', quote: 'order 17 failed', checks: true },
          { id: 'F1', quote: 'disk is full now', checks: false },
        ],
      },
    ],
    issueURL: 'https://github.com/acme/shop/issues/7',
    conditions: [
      {
        type: 'EvidenceStored',
        status: 'False',
        reason: 'Refused',
        message: 'the quota is used up',
        lastTransitionTime: '2026-01-01T00:10:00Z',
      },
    ],
  },
};

describe('canary-analysis explain', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'explain-'));
  });
  after(() => rm(dir, { recursive: true, force: true }));

  const explain = async (content: string, ...args: string[]) => {
    const path = join(dir, 'analysis.yaml');
    await writeFile(path, content);
    let out = '';
    let err = '';
    const status = await run(['explain', path, ...args], {
      stdout: (text) => {
        out += text;
      },
      stderr: (text) => {
        err += text;
      },
      now: () => 0,
    });
    return { status, out, err: err.replaceAll(dir, 'DIR') };
  };

  it('tells the whole story of a verdict from a file, without a cluster', async () => {
    const { status, out, err } = await explain(stringify(ANALYSIS));
    expect({ status, err }).to.deep.equal({ status: 0, err: '' });
    expect(out).to.equal(`CanaryAnalysis prod/shop-1 of Rollout shop, revision bbb against aaa, look 2 at it
  Abort (Regression, confidence 99 %), after 31 s
  canary logs \`order <num> failed\` 38 times in 2 of 2 pods; stable never did

What Regression means
  The canary logs errors that stable lacks or logs far more rarely.
What to do
  Read the findings; the templates name the code that logs them.

Findings: 1 and 4 weaker ones that were not kept; the evidence alone says Regressed
  F1 Regressed NovelError: canary logs \`order <num> failed\` 38 times in 2 of 2 pods; stable never did
     canary 38, in 2 pods, stable 0, p = 0.000012
     > ERROR order 17 failed\ufffd[31m
     docs/findings.md#novelerror

Looked at 2026-01-01T00:00:00Z to 2026-01-01T00:10:00Z
  stable: 2 of 3 pods read, 3 ready, 2 containers, 900 lines, exposure 800 lines of shared work
  canary: 2 of 3 pods read, 3 ready, 2 containers, 900 lines, exposure 800 lines of shared work
  a clearly worse canary would have been noticed with 97 % chance
  3 secret or personal values were replaced by placeholders
  not seen: canary pod c, container app: refused (403)

Reviewers
  gemini/gemini-2.0-flash-exp says Abort, confidence 80 %
    Orders fail.
    cause: A null customer.
    remedy: Check for null.
    cites F1 "order 17 failed": it is in the evidence
    cites F1 "disk is full now": NOT in the evidence

Steps that did not happen, or not yet
  EvidenceStored: Refused: the quota is used up

See also
  issue https://github.com/acme/shop/issues/7
`);
  });

  it('gives JSON with the meaning of the reason and what to do', async () => {
    const { out } = await explain(JSON.stringify(ANALYSIS), '-o', 'json');
    const told = JSON.parse(out);
    expect(told).to.include({ analysis: 'shop-1', namespace: 'prod' });
    expect(told.action).to.contain('Read the findings');
    expect(told.status).to.deep.equal(ANALYSIS.status);
  });

  it('tells every analysis of a list, also one without a verdict', async () => {
    const fresh = { ...ANALYSIS, metadata: { name: 'shop-2' }, status: undefined };
    const { out } = await explain(stringify({ kind: 'List', items: [fresh, ANALYSIS] }));
    expect(out).to.match(/^CanaryAnalysis shop-2\n {2}no verdict yet\n\nCanaryAnalysis prod\/shop-1/);
  });

  it('refuses a file with something else, naming it', async () => {
    for (const [content, message] of [
      ['kind: Pod\nmetadata: {name: x}\n', 'DIR/analysis.yaml holds no CanaryAnalysis'],
      ['a: [', 'DIR/analysis.yaml is neither YAML nor JSON'],
      ['', 'DIR/analysis.yaml holds no CanaryAnalysis'],
      ['kind: CanaryAnalysis\n', 'DIR/analysis.yaml holds a CanaryAnalysis without metadata.name'],
      [
        'kind: CanaryAnalysis\nmetadata: {name: x}\nstatus: 5\n',
        'DIR/analysis.yaml status must be an object',
      ],
    ] as const) {
      const { status, out, err } = await explain(content);
      expect({ status, out }, content).to.deep.equal({ status: 2, out: '' });
      expect(err).to.equal(`canary-analysis: ${message}\n`);
    }
  });
});
