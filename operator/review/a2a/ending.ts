import { TaskState } from '@a2a-js/sdk';
import { CodedError } from '../../../crds/errors.ts';
import { ownFailure } from '../agent-failure.ts';
import { AnsweredError } from '../answered.ts';
import { TEXT } from '../messages.ts';

/** What a task that ended other than completed means; `text` is what the agent said of it, of which only a known cause is told. */
export function endedBadly(state: TaskState | undefined, text: string, url: string): CodedError | undefined {
  const failed = (what: string): CodedError => new AnsweredError(`${TEXT.agentFailed} at ${url}: ${what}`);
  switch (state) {
    case TaskState.TASK_STATE_COMPLETED:
      return undefined;
    case TaskState.TASK_STATE_CANCELED:
      return failed('its task was cancelled there');
    case TaskState.TASK_STATE_REJECTED:
      return failed('it rejected the task');
    case TaskState.TASK_STATE_INPUT_REQUIRED:
      return failed('it asks for input, which nobody can give');
    case TaskState.TASK_STATE_AUTH_REQUIRED:
      return new CodedError(
        'REVIEWER_UNAUTHORIZED',
        `${TEXT.agentFailed} at ${url}: ${TEXT.authentication}; it asks for another credential`,
      );
    default:
      return ownFailure(url, text);
  }
}
