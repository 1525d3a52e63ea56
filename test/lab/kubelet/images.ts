/**
 * What each image runs: its entry point as an argument vector. `node` stands for the Node.js that runs the lab.
 * Looked up at every pull, so an image that is added later heals an ImagePullBackOff.
 */
export type ImageRegistry = Record<string, readonly string[]>;

/** The argument vector of a container: `command` replaces the image's entry point, `args` follow; `$(NAME)` is expanded. */
export function argumentVector(
  entryPoint: readonly string[],
  container: { readonly command?: readonly string[]; readonly args?: readonly string[] },
  environment: Readonly<Record<string, string>>,
): string[] {
  const own = [...(container.command ?? []), ...(container.args ?? [])].map((text) =>
    expand(text, environment),
  );
  const [program = '', ...rest] = container.command?.length ? own : [...entryPoint, ...own];
  return [program === 'node' ? process.execPath : program, ...rest];
}

/** Expands `$(NAME)`; `$$(NAME)` stays `$(NAME)`, an unknown name stays as written (third_party/forked/golang/expansion). */
export function expand(text: string, environment: Readonly<Record<string, string>>): string {
  return text.replace(/(\$?)\$\(([^)]+)\)/g, (whole, escaped: string, name: string) =>
    escaped === '' ? (environment[name] ?? whole) : `$(${name})`,
  );
}
