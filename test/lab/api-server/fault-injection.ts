import type { User } from './access.ts';
import type { FaultAction, Faults } from './faults.ts';
import type { HttpCall } from './http-call.ts';
import { type ResourceRequest, resourceOf } from './request-info.ts';
import { ApiError } from './status.ts';

const FAULT_REASONS: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/**
 * Lets a matching fault act on a request: `ended` when there will be no answer, `lose` when the request is to take effect
 * unanswered, undefined when it goes on. Throws the {@link ApiError} that the fault answers with.
 */
export async function applyFault(
  faults: Faults,
  call: Omit<HttpCall, 'user'>,
  user: User,
  info: ResourceRequest | undefined,
): Promise<'ended' | 'lose' | undefined> {
  const taken = faults.take({
    user: user.name,
    method: call.method,
    verb: info?.verb ?? '',
    resource: info === undefined ? '' : resourceOf(info),
    namespace: info?.namespace ?? '',
    name: info?.name ?? '',
  });
  if (taken === undefined) return undefined;
  const action: FaultAction = taken.action;
  if ('status' in action) {
    const seconds = action.retryAfterSeconds;
    if (seconds !== undefined) call.response.setHeader('Retry-After', String(seconds));
    throw new ApiError(
      action.status,
      FAULT_REASONS[action.status] ?? '',
      action.message ?? 'injected fault',
      seconds === undefined ? undefined : { retryAfterSeconds: seconds },
    );
  }
  if ('loseAnswer' in action) return 'lose';
  if ('reset' in action) {
    call.response.destroy();
    return 'ended';
  }
  if ('hang' in action) {
    taken.onRelease(() => call.response.destroy());
    return 'ended';
  }
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, action.delayMs);
  call.signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
  return undefined;
}
