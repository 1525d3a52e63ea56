import type { Instant } from '../model.ts';
import { containerStatus, type PodObject } from '../pods/pod-object.ts';
import { describe, type LogTask } from './log-plan.ts';
import type { LogResult } from './logs.ts';
import { runEnd } from './run-end.ts';
import type { EvidenceWindow } from './window.ts';

/** `finishedAt` is in whole seconds, rounded down. */
const ROUNDED_MS = 1000;

/** What a restart during the reading asks for. */
export interface AfterRestarts {
  readonly tasks: readonly LogTask[];
  readonly gaps: readonly string[];
  /** False when the log of a run that reached into the window is gone. */
  readonly complete: boolean;
}

/**
 * What is still to be read, and what is lost, of containers that restarted after their pods were listed: the run that went
 * on then has become the one before. Of it is read what was not read as the current log; all of it where the current log
 * was the new run's already, which has no line in the window.
 */
export function afterRestarts(
  results: readonly LogResult[],
  before: readonly PodObject[],
  after: readonly PodObject[],
  window: EvidenceWindow,
): AfterRestarts {
  const tasks: LogTask[] = [];
  const gaps: string[] = [];
  let complete = true;
  for (const { task, bytes } of results) {
    const { source } = task;
    if (source.previous || task.headBytes !== undefined) continue;
    const listed = containerStatus(named(before, source.pod), source.container);
    const pod = named(after, source.pod);
    const more = (containerStatus(pod, source.container)?.restartCount ?? 0) - (listed?.restartCount ?? 0);
    if (more <= 0 || pod?.metadata.uid !== named(before, source.pod)?.metadata.uid) continue;
    const previous = { ...source, previous: true };
    const lose = (what: string): void => {
      complete = false;
      gaps.push(`${describe(previous)}: ${what}`);
    };
    if (more > 1) {
      lose(`it restarted ${more} times while the logs were read, and only the last run has left one`);
      continue;
    }
    const earlier = results.find((one) => one.task.source.previous && sameContainer(one.task, task));
    const ended = runEnd(listed, true) ?? -Infinity;
    if (earlier !== undefined && (earlier.last ?? -Infinity) > ended + ROUNDED_MS) {
      if (ended >= (task.from ?? -Infinity))
        lose('it restarted while the logs were read, and its log is gone');
      continue;
    }
    const from: Instant | undefined = bytes > 0 ? window.interval.to + 1 : task.from;
    tasks.push({
      source: previous,
      to: Infinity,
      existed: true,
      ...(from === undefined ? {} : { from }),
    });
  }
  return { tasks, gaps, complete };
}

function sameContainer(one: LogTask, other: LogTask): boolean {
  return one.source.pod === other.source.pod && one.source.container === other.source.container;
}

function named(pods: readonly PodObject[], name: string): PodObject | undefined {
  return pods.find(({ metadata }) => metadata.name === name);
}
