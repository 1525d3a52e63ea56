/** Whose logs; a field that is left out matches everything. */
export interface LogMatch {
  readonly namespace?: string;
  readonly pod?: string;
  readonly container?: string;
}

/** What a reader gets instead of the log. */
export type LogFault =
  /** This HTTP status and text from the kubelet. */
  | { readonly status: number; readonly text: string }
  /** No answer, ever. */
  | { readonly hang: true }
  /** The connection breaks after so many bytes of log. */
  | { readonly cutAfterBytes: number };

/** The faults that a kubelet shows readers of logs. */
export class LogFaults {
  readonly #active = new Set<{ match: LogMatch; fault: LogFault }>();

  /** Puts a fault in force until the returned function is called. */
  add(match: LogMatch, fault: LogFault): () => void {
    const entry = { match, fault };
    this.#active.add(entry);
    return () => this.#active.delete(entry);
  }

  /** The first fault that matches. */
  find(log: Required<LogMatch>): LogFault | undefined {
    for (const { match, fault } of this.#active) {
      const isMatch = (['namespace', 'pod', 'container'] as const).every(
        (field) => match[field] === undefined || match[field] === log[field],
      );
      if (isMatch) return fault;
    }
    return undefined;
  }
}
