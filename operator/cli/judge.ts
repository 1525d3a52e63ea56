import { type Bundle, type Folder, type Recorded, readBundle } from '../bundle/index.ts';
import { createDistillTask } from '../distill-worker/index.ts';
import { assess, decide } from '../judge/index.ts';
import type { Assessed, Decision, Distilled, EffectivePolicy, Evidence } from '../model.ts';
import { createRedactor } from '../redact/index.ts';

/** The chance, in percent, with which a bad canary must have been noticed; as a CanaryAnalysis' `observation.minPower`. */
export const MIN_POWER = 80;

/** A bundle and everything that was made of it. */
export interface Judged {
  readonly bundle: string;
  /** What was said of it when it was collected. */
  readonly recorded?: Recorded;
  /** Which look at the revision it was judged as, from 1. */
  readonly look: number;
  readonly evidence: Evidence;
  readonly distilled: Distilled;
  readonly assessed: Assessed;
  readonly decision: Decision;
  readonly durationMs: number;
}

/** How a bundle is judged. */
export interface JudgeOptions {
  readonly policy: EffectivePolicy;
  /** Milliseconds, monotonic; for the duration. */
  readonly now: () => number;
  /** Which look at this revision it is, counted from 1; as the bundle says when absent, else 1. */
  readonly look?: number;
  /** Percent; 80 when absent. */
  readonly minPower?: number;
  /** Bytes of log from which on a thread distils them; as the distiller has it when absent. */
  readonly inlineBytes?: number;
  readonly signal?: AbortSignal;
}

/**
 * Judges one bundle by its findings alone.
 * @throws `BUNDLE_INVALID` naming the file that is wrong.
 */
export async function judgeBundle(from: string | Folder, options: JudgeOptions): Promise<Judged> {
  const { policy, now, signal } = options;
  const began = now();
  const bundle = await readBundle(from, signal);
  const look = options.look ?? bundle.collected?.look ?? 1;
  const redactor = createRedactor();
  const distilled = await distil(bundle, options);
  const evidence = bundle.evidence(distilled.span, (text) => redactor.redact(text));
  const assessed = assess({
    evidence,
    distilled,
    minPower: options.minPower ?? MIN_POWER,
    look,
  });
  const decision = decide(assessed, { kind: 'notConfigured' }, policy);
  const recorded = bundle.collected?.recorded === undefined ? {} : { recorded: bundle.collected.recorded };
  const durationMs = Math.round(now() - began);
  return { bundle: bundle.name, ...recorded, look, evidence, distilled, assessed, decision, durationMs };
}

async function distil(bundle: Bundle, { signal, inlineBytes }: JudgeOptions): Promise<Distilled> {
  const window = bundle.collected?.interval;
  const task = createDistillTask({
    windows: { stable: window, canary: window },
    startedAt: (source) => bundle.startedAt(source),
    signal,
    ...(inlineBytes === undefined ? {} : { inlineBytes }),
  });
  try {
    await bundle.stream(task, signal);
    return await task.result();
  } finally {
    await task.close();
  }
}
