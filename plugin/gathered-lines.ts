/** Where lines go that need not be written one by one. */
export interface GatheredLines {
  /** Takes a line with its newline. */
  write(line: string): void;
  /** Writes what has not been written yet. */
  flush(): void;
}

/** A quarter of a pipe's capacity (pipe(7)): more would be written in pieces, with waits between them. */
const MOST_CHARACTERS = 16 * 1024;

/**
 * Writes the lines of one turn of the event loop together, once it has done the rest. A write to a pipe is a system call that
 * wakes its reader, some .3 ms each; thirty calls answered in one turn would wait for thirty of them.
 * Whoever ends the process flushes; SIGKILL loses what was said in that turn.
 */
export function gatherLines(
  write: (text: string) => void,
  soon: (work: () => void) => void = (work) => void setImmediate(work),
): GatheredLines {
  let text = '';
  const flush = (): void => {
    if (text === '') return;
    const gathered = text;
    text = '';
    write(gathered);
  };
  return {
    write: (line) => {
      if (text === '') soon(flush);
      text += line;
      if (text.length >= MOST_CHARACTERS) flush();
    },
    flush,
  };
}
