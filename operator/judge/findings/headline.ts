/**
 * The template of a record with a stack trace in few words: what was logged, the exception, and where it was thrown, as
 * `order failed | NullPointerException: total is null at OrderController.create`. A template without frames is its own headline.
 */
export function headline(template: string): string {
  const parts = template.split(' | ');
  const at = parts.findIndex((part) => placeOf(part) !== undefined);
  if (at < 1) return template;
  return `${parts.slice(0, at).join(' | ')} at ${placeOf(parts[at] ?? '')}`;
}

/** The function that a frame is in, with its class where it has one: the frames of Java, .NET and JavaScript, of Python, of Go. */
function placeOf(frame: string): string | undefined {
  const name =
    /^at (?:async )?(?:new )?([^\s()[\]]+)(?: \[as [^\]]+\])? ?\(/.exec(frame)?.[1] ??
    /^File "[^"]*", line \S+, in (\S+)/.exec(frame)?.[1] ??
    /^([\w./-]+\.(?:\(\*?\w+\)\.)?\w+)\([^)]*\)/.exec(frame)?.[1];
  return name?.split('/').at(-1)?.split('.').slice(-2).join('.');
}
