import { expect } from 'chai';
import fc from 'fast-check';
import { systemClock } from '../../../../crds/client/clock.ts';
import { CodedError } from '../../../../crds/errors.ts';
import type { CanaryAnalysis } from '../../../../crds/v1alpha1/canary-analysis.ts';
import type { CanaryAnalysisStatus } from '../../../../crds/v1alpha1/status.ts';
import { MAX_STATUS_BYTES, trimStatus } from '../../../../operator/analysis/status.ts';
import { mergePatch, type StatusClient, StatusWriter } from '../../../../operator/analysis/status-writer.ts';
import { analysis } from './builders.ts';

/** RFC 7386, as the API server applies it. */
function applyPatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base = typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {};
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = applyPatch(result[key], value);
  }
  return result;
}

/** One stored object with optimistic locking. */
class OneObject implements StatusClient {
  object: CanaryAnalysis;
  readonly patches: unknown[] = [];

  constructor(object: CanaryAnalysis) {
    this.object = object;
  }

  touch(change: (object: CanaryAnalysis) => CanaryAnalysis): void {
    const next = change(this.object);
    const version = String(Number(this.object.metadata.resourceVersion) + 1);
    this.object = { ...next, metadata: { ...next.metadata, resourceVersion: version } };
  }

  get: StatusClient['get'] = () => Promise.resolve(this.object);

  patch: StatusClient['patch'] = (_ref, patch) => {
    this.patches.push(patch);
    const { resourceVersion, uid } = patch.metadata ?? {};
    if (resourceVersion !== this.object.metadata.resourceVersion || uid !== this.object.metadata.uid) {
      return Promise.reject(new CodedError('API_CONFLICT', 'the object has been modified'));
    }
    this.touch((object) => ({
      ...object,
      status: applyPatch(object.status ?? {}, patch.status) as CanaryAnalysisStatus,
    }));
    return Promise.resolve(this.object);
  };
}

describe('the writer of statuses', () => {
  it('patches what changed, guarded by resource version and UID', async () => {
    const store = new OneObject(analysis({ status: { rollout: 'web', look: 1 } }));
    const writer = new StatusWriter(store, systemClock);
    await writer.update(store.object, ({ status }) => ({ ...status, look: 2 }));
    expect(store.patches).to.deep.equal([
      { metadata: { uid: 'uid-of-web-1', resourceVersion: '1' }, status: { look: 2 } },
    ]);
  });

  it('writes nothing when nothing changes', async () => {
    const store = new OneObject(analysis({ status: { look: 1 } }));
    const writer = new StatusWriter(store, systemClock);
    await writer.update(store.object, ({ status }) => ({ ...status }));
    await writer.update(store.object, () => undefined);
    expect(store.patches).to.deep.equal([]);
  });

  it('decides again on the object as it is when a stale writer meets a newer one', async () => {
    const store = new OneObject(analysis());
    const stale = store.object;
    store.touch((object) => ({ ...object, spec: { ...object.spec, cancelled: true } }));
    const writer = new StatusWriter(store, systemClock);
    const seen: (boolean | undefined)[] = [];
    const written = await writer.update(stale, ({ spec }) => {
      seen.push(spec.cancelled);
      return spec.cancelled === true
        ? { verdict: 'Inconclusive', reason: 'Cancelled' }
        : { verdict: 'Promote' };
    });
    expect(seen).to.deep.equal([undefined, true]);
    expect(written.status).to.deep.equal({ verdict: 'Inconclusive', reason: 'Cancelled' });
  });

  it('refuses to replace a verdict', async () => {
    const store = new OneObject(analysis());
    const stale = store.object;
    const writer = new StatusWriter(store, systemClock);
    await writer.update(store.object, () => ({ verdict: 'Abort', reason: 'Regression' }));
    const error = await writer
      .update(stale, () => ({ verdict: 'Promote', reason: 'NoRegression' }))
      .catch((caught: unknown) => caught);
    expect(error).to.have.property('code', 'VERDICT_FINAL');
    expect(store.object.status?.verdict).to.equal('Abort');
    const again = await writer
      .update(store.object, ({ status }) => ({ ...status, reason: 'Another' }))
      .catch((caught: unknown) => caught);
    expect(again).to.have.property('code', 'VERDICT_FINAL');
  });

  it('refuses to write to another object of the same name', async () => {
    const store = new OneObject(analysis());
    const old = store.object;
    store.touch((object) => ({ ...object, metadata: { ...object.metadata, uid: 'another' } }));
    const error = await new StatusWriter(store, systemClock)
      .update(old, () => ({ look: 1 }))
      .catch((caught: unknown) => caught);
    expect(error).to.have.property('code', 'API_NOT_FOUND');
    expect(store.object.status).to.equal(undefined);
  });
});

describe('the patch from one status to another', () => {
  it('turns the one into the other, whatever they hold', () => {
    const value = fc.letrec((tie) => ({
      leaf: fc.oneof(fc.string(), fc.integer(), fc.boolean()),
      value: fc.oneof(
        { depthSize: 'small' },
        tie('leaf'),
        fc.array(tie('leaf'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { noNullPrototype: true }),
      ),
    })).value;
    const status = fc.dictionary(fc.constantFrom('x', 'y', 'z'), value, { noNullPrototype: true });
    fc.assert(
      fc.property(status, status, (before, after) => {
        const patch = mergePatch(before as CanaryAnalysisStatus, after as CanaryAnalysisStatus);
        expect(applyPatch(before, patch ?? {})).to.deep.equal(after);
      }),
    );
  });
});

describe('a status that is too large', () => {
  it('loses quotes and weak findings and keeps count of them', () => {
    const findings = Array.from({ length: 20 }, (_, index) => ({
      id: `F${index + 1}`,
      kind: 'novel-error',
      severity: 'Regressed' as const,
      message: 'm'.repeat(1024),
      template: 't'.repeat(512),
      samples: ['s'.repeat(512), 's'.repeat(512), 's'.repeat(512)],
    }));
    const trimmed = trimStatus({ verdict: 'Abort', findings, moreFindings: 5 });
    expect(Buffer.byteLength(JSON.stringify(trimmed))).to.be.at.most(MAX_STATUS_BYTES);
    const kept = trimmed.findings?.length ?? 0;
    expect(kept + (trimmed.moreFindings ?? 0)).to.equal(25);
    expect(trimmed.findings?.[0]?.id).to.equal('F1');
  });

  it('stays as it is when it fits', () => {
    const status: CanaryAnalysisStatus = { verdict: 'Promote', reason: 'NoRegression' };
    expect(trimStatus(status)).to.equal(status);
  });
});
