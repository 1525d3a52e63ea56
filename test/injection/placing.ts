import { EXCEPTION } from './cases.ts';
import type { Plan, PodPlan } from './plan.ts';

/** What an attacker makes of a bundle. */
export type Change = (plan: Plan) => Plan;

/** Records of an error, as the cases log them. */
const isError = (record: string): boolean => /^(?:ERROR|FATAL) /.test(record);

function canary(change: (pod: PodPlan, index: number) => PodPlan): Change {
  return (plan) => ({ ...plan, canary: plan.canary.map(change) });
}

/** Every canary pod logs these, spread over its log. */
export function logs(...records: readonly string[]): Change {
  return canary((pod) => ({ ...pod, log: spread(pod.log, records) }));
}

/** The pods log these in turn. */
export function logsByTurns(...records: readonly string[]): Change {
  return (plan) =>
    canary((pod, index) => ({
      ...pod,
      log: spread(
        pod.log,
        records.filter((_, i) => i % plan.canary.length === index),
      ),
    }))(plan);
}

/** The same as {@link logs}, as ordinary records of the application: what user input does. */
export function says(...texts: readonly string[]): Change {
  return logs(...texts.map((text) => `INFO audit ${text}`));
}

/** The canary's error records, where it has any, say something else. */
export function rewritesErrors(rewrite: (record: string, index: number) => string): Change {
  return canary((pod) => ({
    ...pod,
    log: pod.log.map((record, i) => (isError(record) ? rewrite(record, i) : record)),
  }));
}

/** Another class throws; canaries without errors mention it. */
export function throws(exception: string): Change {
  return (plan) =>
    plan.canary.some(({ log }) => log.some((record) => record.includes(EXCEPTION)))
      ? rewritesErrors((record) => record.replace(EXCEPTION, exception))(plan)
      : says(`retried after ${exception}`)(plan);
}

/** The first canary pod is otherwise. */
export function firstPod(change: (pod: PodPlan) => Partial<PodPlan>): Change {
  return canary((pod, index) => (index === 0 ? { ...pod, ...change(pod) } : pod));
}

/** Every record of both sides is JSON, and the canary's have these texts among them. */
export function asJSON(...messages: readonly string[]): Change {
  const object = (record: string): string => {
    const [level = '', logger = '', ...words] = record.split(' ');
    return JSON.stringify({ level: level.toLowerCase(), logger, msg: words.join(' ') });
  };
  const written = (pods: readonly PodPlan[]): PodPlan[] =>
    pods.map((pod) => ({ ...pod, log: pod.log.map(object) }));
  return (plan) => logs(...messages)({ ...plan, stable: written(plan.stable), canary: written(plan.canary) });
}

/** Several changes, one after the other. */
export function all(...changes: readonly Change[]): Change {
  return (plan) => changes.reduce((sum, change) => change(sum), plan);
}

function spread(log: readonly string[], records: readonly string[]): string[] {
  const step = Math.max(1, Math.floor(log.length / (records.length + 1)));
  const out: string[] = [];
  let next = 0;
  for (const [i, record] of log.entries()) {
    out.push(record);
    if (i % step === step - 1 && next < records.length) out.push(records[next++] ?? '');
  }
  return [...out, ...records.slice(next)];
}
