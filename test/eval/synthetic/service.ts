import { FORMAT_NAMES, type FormatName } from './formats.ts';
import type { Random } from './random.ts';
import { ERRORS, type Kind, ORDINARY, WARNINGS } from './vocabulary.ts';

/** How often something is logged. */
export interface Rate {
  readonly kind: Kind;
  /** Expected records a request. */
  readonly perRequest: number;
}

/** What one version of a service does: the truth that the judge does not see. */
export interface Behaviour {
  readonly format: FormatName;
  /** One of them a request; none where every request fails. */
  readonly ordinary: readonly { readonly weight: number; readonly item: Kind }[];
  /** Harmless records beyond that. */
  readonly extra: readonly Rate[];
  readonly warnings: readonly Rate[];
  readonly errors: readonly Rate[];
  /** Expected errors an incident: 1 when they come one by one. */
  readonly errorsPerIncident: number;
  /** Median and spread of a request's latency in milliseconds: log-normal. */
  readonly latency: { readonly median: number; readonly sigma: number };
  /** What it logs while it starts, when the start is in the log. */
  readonly startUp: readonly Kind[];
}

/** A service as there are many: some ordinary records, some warnings, some errors that it lives with. */
export function someService(random: Random): Behaviour {
  const warnings = random.sample(WARNINGS, random.int(0, WARNINGS.length));
  const errors = random.sample(ERRORS, random.int(1, 5));
  return {
    format: random.pick(FORMAT_NAMES),
    ordinary: random
      .sample(ORDINARY, random.int(3, 10))
      .map((item) => ({ item, weight: random.logBetween(0.1, 3) })),
    extra: [],
    warnings: warnings.map(({ old }) => ({ kind: old, perRequest: random.logBetween(0.001, 0.03) })),
    errors: withRate(random, errors, random.logBetween(0.0005, 0.03)),
    errorsPerIncident: 1,
    latency: { median: random.logBetween(3, 200), sigma: random.between(0.3, 0.9) },
    startUp: [],
  };
}

/** These kinds with rates that sum to `perRequest`. */
export function withRate(random: Random, kinds: readonly Kind[], perRequest: number): Rate[] {
  const shares = kinds.map(() => random.logBetween(0.2, 3));
  const sum = shares.reduce((total, share) => total + share, 0);
  return kinds.map((kind, i) => ({ kind, perRequest: (perRequest * (shares[i] ?? 0)) / sum }));
}

/** All rates times a factor. */
export function times(rates: readonly Rate[], factor: number): Rate[] {
  return rates.map(({ kind, perRequest }) => ({ kind, perRequest: perRequest * factor }));
}

/** Expected records a request of all of them. */
export function total(rates: readonly Rate[]): number {
  return rates.reduce((sum, { perRequest }) => sum + perRequest, 0);
}
