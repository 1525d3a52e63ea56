import { expect } from 'chai';
import { CodedError } from '../../../../crds/errors.ts';
import type { CanaryAnalysis } from '../../../../crds/v1alpha1/canary-analysis.ts';
import type { CanaryAnalysisStatus } from '../../../../crds/v1alpha1/status.ts';
import { conclude } from '../../../../operator/analysis/conclude.ts';
import { NO_METRICS } from '../../../../operator/analysis/metrics.ts';
import { type StatusClient, StatusWriter } from '../../../../operator/analysis/status-writer.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { captureLog } from '../../../support/log-capture.ts';
import { analysis } from './builders.ts';

const DECISION = { verdict: 'Promote', reason: 'NoRegression', message: 'fine', confidence: 90 } as const;

/** Concludes against an API server whose first write is answered by 409, whatever it has stored. */
async function concludeAgainst(stored: (sent: CanaryAnalysisStatus) => CanaryAnalysisStatus) {
  const clock = new FakeClock();
  const log = captureLog();
  const events: string[] = [];
  let object: CanaryAnalysis = analysis();
  const client: StatusClient = {
    get: () => Promise.resolve(object),
    patch: (_ref, patch) => {
      object = {
        ...object,
        metadata: { ...object.metadata, resourceVersion: '2' },
        status: stored(patch.status as CanaryAnalysisStatus),
      };
      return Promise.reject(new CodedError('API_CONFLICT', 'the object has been modified'));
    },
  };
  const recorder = {
    record: (_object: unknown, _type: string, reason: string) => void events.push(reason),
  };
  const deps = {
    writer: new StatusWriter(client, clock),
    clock,
    recorder,
    metrics: NO_METRICS,
    logger: log.logger,
  };
  const { status } = await conclude(deps, object, DECISION);
  return { status, events, messages: log.lines.map(({ message }) => message) };
}

describe('a verdict whose write is answered by a conflict', () => {
  it('is recorded when it is our own that stands: the answer to the write before was lost', async () => {
    const { status, events, messages } = await concludeAgainst((sent) => sent);
    expect(status).to.include({ verdict: 'Promote', reason: 'NoRegression' });
    expect(events).to.deep.equal(['NoRegression']);
    expect(messages).to.deep.equal(['verdict reached']);
  });

  it('is not recorded when the one that stands was reached at another time', async () => {
    const { status, events, messages } = await concludeAgainst((sent) => ({
      ...sent,
      completionTime: '2025-12-31T23:59:59.000Z',
    }));
    expect(status?.completionTime).to.equal('2025-12-31T23:59:59.000Z');
    expect({ events, messages }).to.deep.equal({ events: [], messages: [] });
  });

  it('is not recorded when another one stands', async () => {
    const { status, events } = await concludeAgainst((sent) => ({
      ...sent,
      verdict: 'Inconclusive',
      reason: 'Cancelled',
    }));
    expect(status?.reason).to.equal('Cancelled');
    expect(events).to.deep.equal([]);
  });
});
