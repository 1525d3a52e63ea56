/** What the name of a numeric field says of its values. */
export interface Measure {
  /** Milliseconds in one unit of the field, undefined where the name does not tell the unit. */
  readonly msPerUnit?: number;
}

/** The name under which the values of a measure are gathered. */
export interface MeasureName {
  /** As logged; `#2` for the second placeholder of a text. */
  readonly name: string;
  readonly unit: 'ms' | undefined;
  /** What a logged value is multiplied by. */
  readonly factor: number;
}

const TIME_UNITS: ReadonlyMap<string, number> = new Map([
  ...each('ns nanos nanoseconds nanosecond nano', 1e-6),
  ...each('us micros microseconds microsecond usec', 1e-3),
  ...each('ms millis milliseconds millisecond msec msecs milli', 1),
  ...each('s sec secs seconds second', 1_000),
]);
/** Words of time that need no unit. */
const TIME = words(
  'duration latency elapsed took runtime rtt ttfb responsetime requesttime processingtime executiontime querytime',
);
/** Before `time` they make a duration of it: `response_time`, `upstreamResponseTime`. */
const TIMED = words(
  'response request processing execution exec query elapsed total upstream downstream service server backend process handling render load wait queue connect roundtrip trip cpu run build gc pause db',
);
const AMOUNTS = words(
  'size bytes length len latency lag backlog depth pending inflight usage used utilization utilisation percent pct rss heap memory mem cpu rows throughput rate qps rps tps',
);
/** A name that ends in one of these holds an identity, an instant, or what only ever grows. */
const NOT_MEASURES = words(
  'id ids uid gid pid ppid tid port code status version ver rev revision seq sequence offset position index idx line lineno column col number no num attempt attempts retries page total count counter uptime epoch date datetime timestamp ts at created updated started start begin end finished expires expiry quota capacity since until next partition shard replica node level priority weight signal errno',
);
/** In either of the last two words they make a setting of it: `retry_delay_ms`, `page.size`. */
const SETTINGS = words(
  'limit max min maximum minimum timeout ttl interval period threshold retry backoff deadline keepalive page batch pool buffer chunk window sleep schedule refresh grace',
);

/**
 * Judges by its name whether a numeric field measures something (a duration, a size, a load) and is no identifier, port,
 * status, setting, instant or running total. Undefined for what is no measure.
 */
export function measureOf(name: string): Measure | undefined {
  const all = split(name);
  const last = all.at(-1) ?? '';
  const msPerUnit = all.length > 1 || name.length > 2 ? TIME_UNITS.get(last) : undefined;
  const named = msPerUnit === undefined ? all : all.slice(0, -1);
  const own = named.at(-1) ?? '';
  const before = named.at(-2) ?? '';
  if (own === 'time' && (TIMED.has(before) || msPerUnit !== undefined)) return measured(msPerUnit);
  if (all.length === 1 && own === 'ms') return { msPerUnit: 1 };
  if (NOT_MEASURES.has(own) || SETTINGS.has(own) || SETTINGS.has(before)) return undefined;
  if (TIME.has(own) || TIME.has(`${before}${own}`)) return measured(msPerUnit);
  if (msPerUnit !== undefined && own !== '') return measured(msPerUnit);
  return AMOUNTS.has(own) || own.endsWith('bytes') ? {} : undefined;
}

function measured(msPerUnit: number | undefined): Measure {
  return msPerUnit === undefined ? {} : { msPerUnit };
}

/** The words of a name, in lower case: `http.responseTime_ms` has http, response, time, ms. */
function split(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '');
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

function each(text: string, msPerUnit: number): [string, number][] {
  return text.split(' ').map((word) => [word, msPerUnit]);
}
