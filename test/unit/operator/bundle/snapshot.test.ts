import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  decodeSnapshot,
  encodeSnapshot,
  MAX_SNAPSHOT_BYTES,
  type Snapshot,
} from '../../../../operator/bundle/index.ts';
import type { Level, Template, TemplateCount } from '../../../../operator/model.ts';

const interval = { from: 0, to: 1_000 };
const nobody = { podsFound: 0, podsRead: 0, containers: 0, bytes: 0 };

function template(id: string, level: Level, canary: number, text = id): Template {
  const count = (n: number): TemplateCount => ({
    count: n,
    startup: 0,
    outside: 0,
    pods: {},
    samples: [text],
  });
  return { id, text, level, stable: count(1), canary: count(canary) };
}

function snapshot(templates: readonly Template[]): Snapshot {
  return {
    evidence: {
      stable: { interval, pods: [], events: [] },
      canary: { interval, pods: [], events: [] },
      change: [{ path: 'containers[web].image', before: 'a', after: 'b' }],
      baseline: 'Pods',
      read: { stable: nobody, canary: nobody },
      gaps: ['x'],
      logsComplete: { stable: true, canary: false },
    },
    distilled: {
      templates,
      lines: { stable: 1, canary: 2 },
      bytes: { stable: 3, canary: 4 },
      span: { stable: interval, canary: undefined },
      lastWords: [],
      redactions: 5,
      overflow: { stable: 0, canary: 0 },
      numbers: [],
    },
    assessed: {
      assessment: 'Clean',
      findings: [{ id: 'F1', kind: 'NewWarning', severity: 'Info', message: 'm', templateId: 'rare' }],
      power: 90,
      confidence: 80,
      exposure: { stable: 1, canary: 1 },
      exposureUnit: 'lines',
      message: 'm',
    },
    decision: { verdict: 'Promote', reason: 'NoRegression', message: 'm', confidence: 80 },
  };
}

describe('snapshot', () => {
  it('comes back as it was', () => {
    const before = snapshot([template('T1', 'info', 3), template('T2', 'error', 1)]);
    expect(decodeSnapshot(encodeSnapshot(before))).to.deep.equal({ ...before, droppedTemplates: 0 });
  });

  it('drops the least important templates until it fits, and says how many', () => {
    const noise = (): string => randomBytes(360).toString('base64');
    const many = Array.from({ length: 600 }, (_, i) => template(`T${i}`, 'info', i, noise()));
    const before = snapshot([
      ...many,
      template('rare', 'debug', 1, noise()),
      template('grave', 'error', 1, noise()),
    ]);
    const bytes = encodeSnapshot(before);
    expect(bytes.length).to.be.within(MAX_SNAPSHOT_BYTES / 2, MAX_SNAPSHOT_BYTES);
    const { distilled, droppedTemplates } = decodeSnapshot(bytes);
    const ids = distilled.templates.map(({ id }) => id);
    expect(droppedTemplates).to.equal(602 - ids.length);
    expect(droppedTemplates).to.be.greaterThan(100);
    expect(ids).to.include.members(['rare', 'grave', 'T599']);
    expect(ids).not.to.include('T0');
  });

  it('refuses what does not fit even without templates', () => {
    const before = snapshot([]);
    const gaps = [randomBytes(200_000).toString('base64')];
    expect(() => encodeSnapshot({ ...before, evidence: { ...before.evidence, gaps } })).to.throw(
      /does not fit/,
    );
  });

  const refused = (content: Uint8Array, what: RegExp): void => {
    expect(() => decodeSnapshot(content))
      .to.throw(what)
      .with.property('code', 'BUNDLE_INVALID');
  };

  it('refuses bytes that are no snapshot, saying why', () => {
    refused(Buffer.from('hello'), /no gzip/);
    refused(gzipSync('hello'), /not JSON/);
    refused(gzipSync('null'), /not an object/);
    refused(gzipSync('{"version":2}'), /version 2; this program reads 1/);
    refused(gzipSync('{"version":1}'), /lacks evidence/);
    refused(new Uint8Array(MAX_SNAPSHOT_BYTES + 1), /larger than/);
  });

  it('refuses a small file that inflates without end', () => {
    refused(gzipSync(Buffer.alloc(20_000_000, 0x20)), /no gzip of at most/);
  });

  it('names the field of another shape', () => {
    const { evidence, distilled } = snapshot([]);
    const wrong = {
      version: 1,
      droppedTemplates: 0,
      evidence,
      distilled: { ...distilled, redactions: 'many' },
    };
    refused(gzipSync(JSON.stringify(wrong)), /distilled\.redactions must be a number/);
  });

  it('refuses any other JSON and any other bytes with a named error', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => refused(gzipSync(JSON.stringify(value)), /the snapshot/)),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => refused(bytes, /the snapshot/)));
  });
});
