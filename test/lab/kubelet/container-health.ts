import { setTimeout as wait } from 'node:timers/promises';
import type { ContainerSpec, Probe } from './pod.ts';
import { type ProbeTarget, runProbe } from './probe.ts';

/** What is watched, and who is told. */
export interface HealthWatch {
  readonly spec: ContainerSpec;
  readonly target: ProbeTarget;
  /** Replaces the period and initial delay of every probe; undefined: as in the spec. */
  readonly periodMs: number | undefined;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** Each failed probe, with the words of its Event. */
  unhealthy(message: string): void;
  /** The outcome of the readiness probe once its threshold is passed; may repeat. */
  ready(isReady: boolean): void;
  /** The liveness probe has failed as often as it may; called once. */
  dead(): void;
}

/** Probes a container's readiness and liveness until the signal fires. */
export async function watchHealth(watch: HealthWatch): Promise<void> {
  const { readinessProbe, livenessProbe } = watch.spec;
  let isDead = false;
  await Promise.all([
    probeOften(readinessProbe, 'Readiness', watch, (isReady) => watch.ready(isReady)),
    probeOften(livenessProbe, 'Liveness', watch, (isAlive) => {
      if (isAlive || isDead) return;
      isDead = true;
      watch.dead();
    }),
  ]);
}

async function probeOften(
  probe: Probe | undefined,
  title: string,
  { target, periodMs, signal, unhealthy }: HealthWatch,
  decided: (success: boolean) => void,
): Promise<void> {
  if (probe === undefined) return;
  const pause = (milliseconds: number): Promise<void> =>
    wait(milliseconds, undefined, { signal }).catch(() => {});
  await pause(periodMs ?? (probe.initialDelaySeconds ?? 0) * 1000);
  let inRow = 0;
  let last: boolean | undefined;
  while (!signal.aborted) {
    const failure = await runProbe(probe, target);
    if (signal.aborted) return;
    const success = failure === undefined;
    if (failure !== undefined) unhealthy(`${title} probe failed: ${failure}`);
    inRow = last === success ? inRow + 1 : 1;
    last = success;
    const threshold = success ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    if (inRow >= threshold) decided(success);
    await pause(periodMs ?? (probe.periodSeconds ?? 10) * 1000);
  }
}
