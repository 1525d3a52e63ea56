import type { LogEntry } from './formats.ts';
import type { Random } from './random.ts';
import type { Behaviour, Rate } from './service.ts';
import type { Kind } from './vocabulary.ts';

/** An interval of traffic. */
export interface Traffic {
  /** Epoch milliseconds. */
  readonly from: number;
  readonly seconds: number;
  /** How strong it is in each slot of {@link SLOT_SECONDS}, relative to its mean: the same for both sides. */
  readonly slots: readonly number[];
}

export const SLOT_SECONDS = 10;

/** Even traffic, or traffic in bursts up to several times its mean. */
export function someTraffic(random: Random, from: number, seconds: number, bursty: boolean): Traffic {
  const raw = Array.from({ length: Math.ceil(seconds / SLOT_SECONDS) }, () =>
    bursty ? (random.chance(0.2) ? random.between(2, 6) : random.between(0.2, 1)) : 1,
  );
  const mean = raw.reduce((sum, slot) => sum + slot, 0) / raw.length;
  return { from, seconds, slots: raw.map((slot) => slot / mean) };
}

/** What one pod logs of its share of the traffic: Poisson arrivals at the rate of each slot. Ordered by time. */
export function simulatePod(
  random: Random,
  behaviour: Behaviour,
  traffic: Traffic,
  expectedRequests: number,
): LogEntry[] {
  const entries: LogEntry[] = [];
  const { median, sigma } = behaviour.latency;
  const perMs = expectedRequests / (traffic.seconds * 1000);
  const incidents = behaviour.errors.map((rate) => scaled(rate, 1 / behaviour.errorsPerIncident));
  const single = [...behaviour.extra, ...behaviour.warnings];
  const latency = (): number => Math.max(1, Math.round(median * Math.exp(sigma * random.normal())));
  const log = (time: number, kind: Kind, ms: number): void => {
    entries.push({ time, kind, fields: kind.fields(random, ms) });
  };
  for (const [slot, strength] of traffic.slots.entries()) {
    const start = traffic.from + slot * SLOT_SECONDS * 1000;
    const end = Math.min(start + SLOT_SECONDS * 1000, traffic.from + traffic.seconds * 1000);
    const rate = perMs * strength;
    if (rate <= 0) continue;
    for (let time = start + random.exponential(rate); time < end; time += random.exponential(rate)) {
      const ms = latency();
      if (behaviour.ordinary.length > 0) log(time, random.weighted(behaviour.ordinary), ms);
      for (const { kind, perRequest } of single) if (random.chance(perRequest)) log(time + 1, kind, ms);
      for (const { kind, perRequest } of incidents) {
        if (!random.chance(perRequest)) continue;
        const size = random.geometric(behaviour.errorsPerIncident);
        for (let i = 0; i < size; i++) log(time + 2 + i * random.between(0, 50), kind, ms);
      }
    }
  }
  return entries.sort((a, b) => a.time - b.time);
}

function scaled({ kind, perRequest }: Rate, factor: number): Rate {
  return { kind, perRequest: perRequest * factor };
}
