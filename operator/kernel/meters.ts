import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Makes metrics that one registry serves; `labels` are the names of their labels. */
export interface Meters {
  counter<L extends string>(name: string, help: string, labels: readonly L[]): Counter<L>;
  /** @param collect sets the value anew at each scrape, where it is not set otherwise */
  gauge<L extends string>(
    name: string,
    help: string,
    labels: readonly L[],
    collect?: (gauge: Gauge<L>) => void,
  ): Gauge<L>;
  /** @param buckets upper bounds, in the unit that the name ends in */
  histogram<L extends string>(
    name: string,
    help: string,
    labels: readonly L[],
    buckets: readonly number[],
  ): Histogram<L>;
}

/** The metrics of a registry. */
export function metersOf(registry: Registry): Meters {
  const registers = [registry];
  return {
    counter: (name, help, labelNames) => new Counter({ name, help, labelNames, registers }),
    gauge<L extends string>(
      name: string,
      help: string,
      labelNames: readonly L[],
      collect?: (gauge: Gauge<L>) => void,
    ) {
      const made: Gauge<L> = new Gauge<L>({
        name,
        help,
        labelNames,
        registers,
        ...(collect === undefined ? {} : { collect: () => collect(made) }),
      });
      return made;
    },
    histogram: (name, help, labelNames, buckets) =>
      new Histogram({ name, help, labelNames, buckets: [...buckets], registers }),
  };
}
