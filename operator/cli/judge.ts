import { type Folder, readBundle } from '../bundle/index.ts';
import { createDistiller } from '../distill/index.ts';
import { assess, decide } from '../judge/index.ts';
import type { Assessed, Decision, Distilled, EffectivePolicy, Evidence } from '../model.ts';
import { createRedactor } from '../redact/index.ts';

/** The chance, in percent, with which a bad canary must have been noticed; as a CanaryAnalysis' `observation.minPower`. */
const MIN_POWER = 80;

/** A bundle and everything that was made of it. */
export interface Judged {
  readonly bundle: string;
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
  /** Which look at this revision it is, counted from 1; 1 when absent. */
  readonly look?: number;
  readonly signal?: AbortSignal;
}

/**
 * Judges one bundle by its findings alone.
 * @throws `BUNDLE_INVALID` naming the file that is wrong.
 */
export async function judgeBundle(from: string | Folder, options: JudgeOptions): Promise<Judged> {
  const { policy, now, look = 1, signal } = options;
  const began = now();
  const bundle = await readBundle(from, signal);
  const redactor = createRedactor();
  const distiller = createDistiller({
    windows: { stable: undefined, canary: undefined },
    redactor,
    startedAt: (source) => bundle.startedAt(source),
  });
  await bundle.stream(distiller, signal);
  const distilled = distiller.result();
  const evidence = bundle.evidence(distilled.span, (text) => redactor.redact(text));
  const assessed = assess({ evidence, distilled, minPower: MIN_POWER, look });
  const decision = decide(assessed, { kind: 'notConfigured' }, policy);
  const durationMs = Math.round(now() - began);
  return { bundle: bundle.name, evidence, distilled, assessed, decision, durationMs };
}
