import { TaskState } from '@a2a-js/sdk';
import { expect } from 'chai';
import { AnalysisExecutor } from '../../../../operator/agent/executor.ts';
import { silentLogger } from '../../../../operator/kernel/logger.ts';

describe('the executor of analyses', () => {
  const userMessage = {
    parts: [
      {
        content: {
          $case: 'data',
          value: { namespace: 'shop', stableSelector: 'a=b', canarySelector: 'a=c' },
        },
      },
    ],
  };

  it('fails the tasks that go on when the agent stops', async () => {
    const states: TaskState[] = [];
    const executor = new AnalysisExecutor({
      analyst: {
        analyze: (_, signal) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
          }),
      },
      logger: silentLogger,
      redact: (text) => text,
      now: () => 0,
    });
    const publish = (event: { data: { status?: { state: TaskState } } }): void => {
      if (event.data.status !== undefined) states.push(event.data.status.state);
    };
    const context = { taskId: 't', contextId: 'c', userMessage };
    const done = executor.execute(context as never, { publish } as never);
    executor.stop();
    await done;
    expect(states.at(-1)).to.equal(TaskState.TASK_STATE_FAILED);
    expect(states).to.have.length(3);
  });
});
