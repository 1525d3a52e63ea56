import { type Task, TaskState } from '@a2a-js/sdk';
import { expect } from 'chai';
import { RecentTasks } from '../../../../operator/agent/task-store.ts';

function task(id: string, state: TaskState): Task {
  const status = { state, message: undefined, timestamp: undefined };
  return { id, contextId: '', status, artifacts: [], history: [], metadata: undefined };
}

describe('the tasks that an agent remembers', () => {
  it('are those that go on before those that ended, the newest first', async () => {
    const tasks = new RecentTasks(2);
    await tasks.save(task('goes on', TaskState.TASK_STATE_WORKING));
    await tasks.save(task('ended', TaskState.TASK_STATE_COMPLETED));
    await tasks.save(task('new', TaskState.TASK_STATE_SUBMITTED));
    expect(await tasks.load('ended')).to.equal(undefined);
    expect((await tasks.load('goes on'))?.id).to.equal('goes on');
    await tasks.save(task('newer', TaskState.TASK_STATE_SUBMITTED));
    expect(await tasks.load('goes on')).to.equal(undefined);
    expect((await tasks.load('new'))?.id).to.equal('new');
  });
});
