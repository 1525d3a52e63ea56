/** A condition as Kubernetes' API conventions define it. */
export interface ConditionLike<Type extends string = string> {
  readonly type: Type;
  readonly status: 'True' | 'False' | 'Unknown';
  /** Why, as one CamelCase word. */
  readonly reason: string;
  /** Why, as a sentence. */
  readonly message: string;
  /** RFC 3339: when `status` last changed. */
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

/** Messages are cut to this many UTF-16 units, so that an API server that counts characters takes them. */
export const MAX_CONDITION_MESSAGE = 1024;

/** The condition of a type, if it has been set. */
export function getCondition<C extends ConditionLike>(
  conditions: readonly C[] | undefined,
  type: C['type'],
): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Whether the condition is set and `True`. */
export function isTrue<C extends ConditionLike>(
  conditions: readonly C[] | undefined,
  type: C['type'],
): boolean {
  return getCondition(conditions, type)?.status === 'True';
}

/**
 * The conditions with one of them set: in its place if it was there, at the end if not.
 * `lastTransitionTime` becomes `now` only when `status` changes.
 */
export function setCondition<C extends ConditionLike>(
  conditions: readonly C[] | undefined,
  next: Omit<C, 'lastTransitionTime'>,
  now: Date,
): C[] {
  const before = getCondition(conditions, next.type);
  const kept = before?.status === next.status ? before.lastTransitionTime : undefined;
  const set = {
    ...next,
    message: bound(next.message),
    lastTransitionTime: kept ?? timestamp(now),
  } as C;
  if (before === undefined) return [...(conditions ?? []), set];
  return (conditions ?? []).map((condition) => (condition.type === next.type ? set : condition));
}

/** Kubernetes' time: RFC 3339 in UTC, whole seconds. */
export function timestamp(time: Date): string {
  return time.toISOString().replace(/\.\d{3}Z$/, 'Z');
}

function bound(message: string): string {
  if (message.length <= MAX_CONDITION_MESSAGE) return message;
  return `${message
    .slice(0, MAX_CONDITION_MESSAGE - 1)
    .toWellFormed()
    .replace(/\uFFFD$/, '')}…`;
}
