/** A template in few words, each as the log has them. */
export interface Headline {
  /** What was logged, and the exception. */
  readonly text: string;
  /** Where it was thrown: `OrderController.create`. */
  readonly place?: string;
}

/** The template of a record without the frames of its stack trace, and the nearest of these; one without frames as it is. */
export function headline(template: string): Headline {
  const parts = template.split(' | ');
  const at = parts.findIndex((part) => placeOf(part) !== undefined);
  const place = placeOf(parts[at] ?? '');
  return at < 1 || place === undefined ? { text: template } : { text: parts.slice(0, at).join(' | '), place };
}

/** The function that a frame is in, with its class where it has one: the frames of Java, .NET and JavaScript, of Python, of Go. */
function placeOf(frame: string): string | undefined {
  const name =
    /^at (?:async )?(?:new )?([^\s()[\]]+)(?: \[as [^\]]+\])? ?\(/.exec(frame)?.[1] ??
    /^File "[^"]*", line \S+, in (\S+)/.exec(frame)?.[1] ??
    /^([\w./-]+\.(?:\(\*?\w+\)\.)?\w+)\([^)]*\)/.exec(frame)?.[1];
  return name?.split('/').at(-1)?.split('.').slice(-2).join('.');
}
