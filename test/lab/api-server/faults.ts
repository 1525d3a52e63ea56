/** What a matching request gets instead of, or beside, its answer. */
export type FaultAction =
  /** This HTTP status with a Status body; `Retry-After` where given. */
  | { readonly status: number; readonly message?: string; readonly retryAfterSeconds?: number }
  /** No answer, ever: the connection stays open until the client or {@link Fault.remove} ends it. */
  | { readonly hang: true }
  /** The connection is reset before the request has any effect. */
  | { readonly reset: true }
  /** The request takes effect, then the connection is reset: the client cannot know. */
  | { readonly loseAnswer: true }
  /** The request waits before it has any effect. */
  | { readonly delayMs: number };

/** Which requests a fault hits; a field that is left out matches everything. */
export interface FaultMatch {
  readonly user?: string;
  readonly method?: string;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`. */
  readonly verb?: string;
  /** With its subresource: `pods/log`. */
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** A fault that is in force. */
export interface Fault {
  /** How many requests it has hit. */
  readonly hits: number;
  /** Lifts it; connections that hang are reset. */
  remove(): void;
}

interface ActiveFault {
  readonly match: FaultMatch;
  readonly action: FaultAction;
  left: number;
  hits: number;
  readonly hanging: Set<() => void>;
}

/** The faults that an API server shows its clients. */
export class Faults {
  readonly #active = new Set<ActiveFault>();

  /** Puts a fault in force for the next `times` matching requests (default: until removed). */
  add(match: FaultMatch, action: FaultAction, times = Number.POSITIVE_INFINITY): Fault {
    const fault: ActiveFault = { match, action, left: times, hits: 0, hanging: new Set() };
    this.#active.add(fault);
    return {
      get hits() {
        return fault.hits;
      },
      remove: () => {
        this.#active.delete(fault);
        for (const release of fault.hanging) release();
      },
    };
  }

  /** Lifts every fault. */
  clear(): void {
    this.#active.clear();
  }

  /** The action for a request, counted as a hit. `onRelease` collects what to do when a hanging fault is lifted. */
  take(
    request: Required<FaultMatch>,
  ): { action: FaultAction; onRelease: (release: () => void) => void } | undefined {
    for (const fault of this.#active) {
      if (!isMatch(fault.match, request)) continue;
      fault.hits += 1;
      fault.left -= 1;
      if (fault.left <= 0) this.#active.delete(fault);
      return { action: fault.action, onRelease: (release) => fault.hanging.add(release) };
    }
    return undefined;
  }
}

function isMatch(match: FaultMatch, request: Required<FaultMatch>): boolean {
  return (Object.keys(match) as (keyof FaultMatch)[]).every(
    (field) => match[field] === undefined || match[field] === request[field],
  );
}
