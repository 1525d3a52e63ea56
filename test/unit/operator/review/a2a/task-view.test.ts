import { type Part, type StreamResponse, TaskState } from '@a2a-js/sdk';
import { expect } from 'chai';
import fc from 'fast-check';
import { answerText } from '../../../../../operator/review/a2a/answer.ts';
import {
  advance,
  fromTask,
  isAtRest,
  isCancellable,
  NOTHING_YET,
} from '../../../../../operator/review/a2a/task-view.ts';

const text = (value: string): Part => ({
  content: { $case: 'text', value },
  mediaType: '',
  filename: '',
  metadata: undefined,
});

function piece(value: string, append: boolean): StreamResponse {
  const artifact = {
    artifactId: 'a',
    name: '',
    description: '',
    parts: [text(value)],
    metadata: undefined,
    extensions: [],
  };
  return {
    payload: {
      $case: 'artifactUpdate',
      value: { taskId: 'T', contextId: '', artifact, append, lastChunk: false, metadata: undefined },
    },
  };
}

function status(state: TaskState): StreamResponse {
  return {
    payload: {
      $case: 'statusUpdate',
      value: {
        taskId: 'T',
        contextId: '',
        status: { state, message: undefined, timestamp: undefined },
        metadata: undefined,
      },
    },
  };
}

const STATES = Object.values(TaskState).filter((state) => typeof state === 'number') as TaskState[];
const OVER = new Set([
  TaskState.TASK_STATE_COMPLETED,
  TaskState.TASK_STATE_FAILED,
  TaskState.TASK_STATE_CANCELED,
  TaskState.TASK_STATE_REJECTED,
]);

describe('the view of a task', () => {
  it('has the artifact whole, in whatever pieces it came and whatever was said between', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), fc.array(fc.nat(2)), (pieces, between) => {
        let view = NOTHING_YET;
        for (const [index, part] of pieces.entries()) {
          for (let count = 0; count < (between[index] ?? 0); count += 1)
            view = advance(view, status(TaskState.TASK_STATE_WORKING));
          view = advance(view, piece(part, index > 0));
        }
        expect(answerText(view)).to.deep.equal({ answer: pieces.join('') });
        expect(view.id).to.equal('T');
      }),
    );
  });

  it('forgets an artifact that is sent anew', () => {
    const view = advance(advance(NOTHING_YET, piece('old', false)), piece('new', false));
    expect(answerText(view)).to.deep.equal({ answer: 'new' });
  });

  it('can be cancelled as long as it has not ended, and is waited for as long as it works', () => {
    for (const state of STATES) {
      const view = advance(NOTHING_YET, status(state));
      expect(isCancellable(view), TaskState[state]).to.equal(!OVER.has(state));
      const asks =
        state === TaskState.TASK_STATE_INPUT_REQUIRED || state === TaskState.TASK_STATE_AUTH_REQUIRED;
      expect(isAtRest(view), TaskState[state]).to.equal(OVER.has(state) || asks);
    }
  });

  it('is at rest with a message, and has no task to cancel then', () => {
    const view = advance(NOTHING_YET, {
      payload: {
        $case: 'message',
        value: {
          messageId: 'm',
          contextId: '',
          taskId: '',
          role: 2,
          parts: [text('{}')],
          metadata: undefined,
          extensions: [],
          referenceTaskIds: [],
        },
      },
    });
    expect([isAtRest(view), isCancellable(view)]).to.deep.equal([true, false]);
    expect(answerText(view)).to.deep.equal({ answer: '{}' });
  });

  it('takes a task without an id for none', () => {
    const task = {
      id: '',
      contextId: '',
      status: undefined,
      artifacts: [],
      history: [],
      metadata: undefined,
    };
    expect(fromTask(task)).not.to.have.property('id');
  });
});
