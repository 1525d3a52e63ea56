import type { Outcome } from '../evaluate.ts';
import type { NullRollout } from '../synthetic/null-rollouts.ts';
import type { PowerPoint } from '../synthetic/power-curve.ts';

/** What a thread can be asked to do: plain data, from which it makes the bundle itself. */
export type Job =
  | {
      readonly kind: 'pair';
      readonly seed: string;
      readonly class: string;
      readonly index: number;
      readonly peers: boolean;
    }
  | { readonly kind: 'bundle'; readonly root: string; readonly dir: string; readonly peers: boolean }
  | { readonly kind: 'rollout'; readonly seed: string; readonly index: number }
  | {
      readonly kind: 'power';
      readonly seed: string;
      readonly factor: number;
      readonly expectedErrors: number;
      readonly cases: number;
    };

/** What comes of each kind of job. */
export interface Results {
  readonly pair: Outcome;
  readonly bundle: Outcome;
  readonly rollout: NullRollout;
  readonly power: PowerPoint;
}

export type Kind = keyof Results;

/** The jobs of one kind. */
export type JobOf<K extends Kind> = Extract<Job, { readonly kind: K }>;

/** What a thread answers: the result, or why there is none. */
export type Answer =
  | { readonly result: Results[Kind]; readonly error?: undefined }
  | { readonly error: string };
