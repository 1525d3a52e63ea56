import { Role } from '@a2a-js/sdk';
import { expect } from 'chai';
import { CodedError, isCoded } from '../../../../../crds/errors.ts';
import { silentLogger } from '../../../../../operator/kernel/logger.ts';
import type { AgentClient } from '../../../../../operator/review/a2a/client.ts';
import { Refused } from '../../../../../operator/review/a2a/failure.ts';
import { followMessage } from '../../../../../operator/review/a2a/follow.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';

const MESSAGE = {
  messageId: 'm',
  contextId: '',
  taskId: '',
  role: Role.ROLE_USER,
  parts: [],
  metadata: undefined,
  extensions: [],
  referenceTaskIds: [],
};

describe('following a message', () => {
  let clock: FakeClock;
  let sent: number;
  let closed: PromiseWithResolvers<void>;
  beforeEach(() => {
    clock = new FakeClock();
    sent = 0;
    closed = Promise.withResolvers();
  });

  function client(parts: object): AgentClient {
    return { client: parts, streams: false, serviceParameters: {}, close: () => closed.resolve() } as never;
  }

  function follow(agent: AgentClient, signal: AbortSignal): Promise<unknown> {
    const options = { url: 'http://agent', signal, deadline: Number.POSITIVE_INFINITY, clock };
    return followMessage(agent, MESSAGE, { ...options, random: () => 1, logger: silentLogger }).catch(
      (error: unknown) => error,
    );
  }

  const refusing = (): AgentClient =>
    client({
      sendMessage: async () => {
        sent += 1;
        throw new Refused({ error: new CodedError('REVIEWER_UNAVAILABLE', 'wait'), retry: true }, 429);
      },
    });

  it('sends a message no more once the review was cancelled, and closes the client', async () => {
    const controller = new AbortController();
    const outcome = follow(refusing(), controller.signal);
    await clock.untilPending();
    controller.abort();
    expect(isCoded(await outcome, 'ABORTED')).to.equal(true);
    await clock.advance(4000);
    await closed.promise;
    expect(sent).to.equal(1);
  });

  it('sends nothing for a review that was cancelled before', async () => {
    expect(isCoded(await follow(refusing(), AbortSignal.abort()), 'ABORTED')).to.equal(true);
    await closed.promise;
    expect(sent).to.equal(0);
  });

  it('stops reading a stream that tells more than an answer may', async () => {
    let told = 0;
    const agent = client({
      async *sendMessageStream() {
        for (; told < 200; told += 1) {
          const content = { $case: 'text', value: 'x'.repeat(100_000) };
          const artifact = { artifactId: `a${told}`, parts: [{ content }] };
          yield { payload: { $case: 'artifactUpdate', value: { taskId: '', artifact, append: false } } };
        }
      },
    });
    const error = await follow({ ...agent, streams: true }, new AbortController().signal);
    expect(error).to.have.property('code', 'REVIEWER_MALFORMED');
    expect(error)
      .to.have.property('message')
      .that.matches(/it streamed more than 4194304 bytes$/);
    expect(told).to.be.lessThan(50);
  });
});
