import type { Clock } from '../../crds/client/clock.ts';

/** What of the Chat Completions API a server and its model understand. */
export interface Dialect {
  /** How the form of the answer is asked for: by a schema, as some JSON object, or in the instruction alone. */
  readonly format: 'json_schema' | 'json_object' | 'text';
  /** What the limit of the answer's length is called; the second is the older name. */
  readonly limit: 'max_completion_tokens' | 'max_tokens';
  /** Whether the temperature may be set; reasoning models refuse that. */
  readonly temperature: boolean;
}

/** What is tried first. */
export const FULL_DIALECT: Dialect = {
  format: 'json_schema',
  limit: 'max_completion_tokens',
  temperature: true,
};

/**
 * What to try after a server has refused a request (400, 404, 422, 501), by what its answer names; undefined when there is
 * nothing left to leave out. Servers that name nothing are taken to mind the form of the answer. Pure.
 */
export function simpler(dialect: Dialect, errorText: string): Dialect | undefined {
  const named = (parameter: string): boolean => errorText.includes(parameter);
  if (dialect.temperature && named('temperature')) return { ...dialect, temperature: false };
  if (!named('response_format')) {
    if (dialect.limit === 'max_completion_tokens' && named('max_completion_tokens')) {
      return { ...dialect, limit: 'max_tokens' };
    }
  }
  if (dialect.format === 'json_schema') return { ...dialect, format: 'json_object' };
  if (dialect.format === 'json_object') return { ...dialect, format: 'text' };
  if (dialect.limit === 'max_completion_tokens') return { ...dialect, limit: 'max_tokens' };
  return undefined;
}

/** A server may have been upgraded after so long: then everything is tried anew. */
const REMEMBERED_MS = 3_600_000;
const MAX_REMEMBERED = 256;

/** Remembers for an hour in which dialect an endpoint answered. */
export class Dialects {
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly dialect: Dialect; readonly until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The dialect to begin with. */
  of(endpoint: string): Dialect {
    const known = this.#known.get(endpoint);
    return known !== undefined && known.until > this.#clock.monotonic() ? known.dialect : FULL_DIALECT;
  }

  /** Notes a dialect that was answered. */
  remember(endpoint: string, dialect: Dialect): void {
    if (dialect === this.of(endpoint)) return;
    this.#known.delete(endpoint);
    this.#known.set(endpoint, { dialect, until: this.#clock.monotonic() + REMEMBERED_MS });
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
  }
}
