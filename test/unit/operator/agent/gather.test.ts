import { expect } from 'chai';
import { CodedError } from '../../../../crds/errors.ts';
import { gather } from '../../../../operator/agent/gather.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const SUBJECTS = {
  namespace: 'shop',
  rollout: 'web',
  stableSelector: 'role=stable',
  canarySelector: 'role=canary',
};

describe('who an agent looks for', () => {
  async function read(
    code: CodedError['code'],
  ): Promise<{ readonly error: CodedError; readonly listed: boolean }> {
    let listed = false;
    const pods = new Proxy(
      {},
      {
        get: () => () => {
          listed = true;
          throw new CodedError('ABORTED', 'enough');
        },
      },
    );
    const rollouts = { get: () => Promise.reject(new CodedError(code, 'the Rollout')) };
    const options = {
      cluster: new Proxy({}, { get: (_, name) => (name === 'rollouts' ? rollouts : pods) }) as never,
      clock: new FakeClock(),
      redact: (text: string) => text,
      lookbackMs: 60_000,
      waitMs: 0,
      minPower: 80,
      signal: new AbortController().signal,
    };
    const error = await gather(SUBJECTS, options).catch((reason: unknown) => reason);
    return { error: error as CodedError, listed };
  }

  for (const code of ['API_NOT_FOUND', 'API_FORBIDDEN'] as const) {
    it(`is told by the selectors alone where the Rollout is not to be had (${code})`, async () => {
      expect((await read(code)).listed).to.equal(true);
    });
  }

  it('is not guessed while the Rollout cannot be read', async () => {
    const { error, listed } = await read('API_UNREACHABLE');
    expect(listed).to.equal(false);
    expect(error.code).to.equal('EVIDENCE_UNREADABLE');
  });
});
