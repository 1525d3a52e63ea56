import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { CodedError } from '../../../../crds/errors.ts';
import type { CanaryAnalysis } from '../../../../crds/v1alpha1/canary-analysis.ts';
import type { ConfigMapObject, Deps } from '../../../../operator/analysis/deps.ts';
import { adviseTask } from '../../../../operator/analysis/judge-task.ts';
import { settingsOf } from '../../../../operator/analysis/settings.ts';
import { conditionOf } from '../../../../operator/analysis/status.ts';
import { StatusWriter } from '../../../../operator/analysis/status-writer.ts';
import { SNAPSHOT_KEY } from '../../../../operator/bundle/index.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { failureOf } from '../../../support/promises.ts';
import { analysis, at, T0 } from './builders.ts';

const TIMEOUT_MS = 600_000;

/** A blocking verdict, reached by a process that ended before the opinion. */
const PENDING = analysis({
  status: {
    verdict: 'Abort',
    reason: 'BlockingFact',
    completionTime: at(10),
    evidenceRef: { configMap: 'web-1-evidence', bytes: 10, expires: at(3600) },
    conditions: [
      { type: 'Reviewed', status: 'Unknown', reason: 'Pending', message: '', lastTransitionTime: at(10) },
    ],
  },
});

/** Advises on {@link PENDING} so long after its creation, with a ConfigMap that reads like this. */
function advise(afterMs: number, read: () => Promise<ConfigMapObject>) {
  const clock = new FakeClock(T0 + afterMs);
  let stored: CanaryAnalysis = PENDING;
  const analyses = {
    get: () => Promise.resolve(stored),
    patch: (_ref: unknown, { status }: { status?: unknown }) => {
      stored = { ...stored, status: { ...stored.status, ...(status as CanaryAnalysis['status']) } };
      return Promise.resolve(stored);
    },
  };
  const deps: unknown = {
    clock,
    writer: new StatusWriter(analyses, clock),
    configMaps: { get: read },
    redact: (text: string) => text.replaceAll('secret', '[redacted]'),
    config: {},
  };
  const settings = settingsOf(PENDING.spec, {});
  const done = adviseTask(deps as Deps, PENDING, settings, new AbortController().signal);
  return { done, reviewed: () => conditionOf(stored.status, 'Reviewed') };
}

const refused = (): Promise<never> =>
  Promise.reject(new CodedError('API_FORBIDDEN', 'get configmaps is forbidden: secret'));
const holding = (content: Uint8Array) => (): Promise<ConfigMapObject> =>
  Promise.resolve({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'web-1-evidence' },
    binaryData: { [SNAPSHOT_KEY]: Buffer.from(content).toString('base64') },
  });

describe('the opinion that follows a restart', () => {
  it('is waited for while its evidence is refused and the analysis has time', async () => {
    const { done, reviewed } = advise(TIMEOUT_MS - 5_000, refused);
    expect(await failureOf(done)).to.have.property('code', 'API_FORBIDDEN');
    expect(reviewed()?.reason).to.equal('Pending');
  });

  it('is given up when its evidence is still refused at the deadline', async () => {
    const { done, reviewed } = advise(TIMEOUT_MS, refused);
    await done;
    expect(reviewed()).to.include({ status: 'False', reason: 'EvidenceUnreadable' });
    expect(reviewed()?.message).to.include('get configmaps is forbidden: [redacted]');
  });

  it('is given up at once when its evidence does not decode', async () => {
    for (const content of [Buffer.from('no gzip'), gzipSync('{}')]) {
      const { done, reviewed } = advise(20_000, holding(content));
      await done;
      expect(reviewed()).to.include({ status: 'False', reason: 'EvidenceUnreadable' });
    }
  });

  it('is given up at once when its evidence has gone', async () => {
    const gone = (): Promise<never> => Promise.reject(new CodedError('API_NOT_FOUND', 'no such ConfigMap'));
    const { done, reviewed } = advise(20_000, gone);
    await done;
    expect(reviewed()).to.include({ status: 'False', reason: 'EvidenceGone' });
  });

  it('goes on waiting when the process ends while the evidence is read', async () => {
    const ended = (): Promise<never> => Promise.reject(new CodedError('ABORTED', 'the work was cancelled'));
    const { done, reviewed } = advise(TIMEOUT_MS, ended);
    expect(await failureOf(done)).to.have.property('code', 'ABORTED');
    expect(reviewed()?.reason).to.equal('Pending');
  });
});
