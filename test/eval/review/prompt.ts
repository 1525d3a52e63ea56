/** A finding or template as a model reads it. */
export interface Exhibit {
  readonly id: string;
  readonly severity?: string;
  /** Template and samples, with spaces for the marks of data. */
  readonly texts: readonly string[];
  /** The same as they stand in the prompt. */
  readonly rawTexts: readonly string[];
}

/** A prompt as a model received it, taken apart. */
export interface Prompt {
  readonly nonce: string;
  readonly system: string;
  readonly user: string;
  /** What stands before the fence. */
  readonly before: string;
  /** What stands between the fences. */
  readonly fenced: string;
  /** The fenced JSON. */
  readonly evidence: {
    readonly facts: Readonly<Record<string, unknown>>;
    readonly findings: readonly Readonly<Record<string, unknown>>[];
    readonly templates: readonly Readonly<Record<string, unknown>>[];
    readonly omitted: Readonly<Record<string, number>>;
  };
  /** What stands for a space in what programs wrote. */
  readonly mark: string;
  readonly findings: readonly Exhibit[];
  readonly templates: readonly Exhibit[];
}

/** What a reviewer was sent. */
export interface Sent {
  /** Empty where there is no instruction of its own. */
  readonly system: string;
  readonly user: string;
}

/**
 * Takes apart what a reviewer was sent.
 * @throws Error when the fence does not open and close once, or what it holds is no JSON.
 */
export function readPrompt({ system, user }: Sent, nonce: string): Prompt {
  const [begin, end] = [`BEGIN EVIDENCE ${nonce}\n`, `\nEND EVIDENCE ${nonce}`];
  const pieces = user.split(begin);
  const [fenced = '', ...after] = (pieces[1] ?? '').split(end);
  if (pieces.length !== 2 || after.length !== 1)
    throw new Error(`the fence does not open and close once: ${user.slice(0, 2000)}`);
  const evidence = JSON.parse(fenced) as Prompt['evidence'];
  const mark = /"(.)" stands for every space/u.exec(`${system}\n${pieces[0]}`)?.[1] ?? ' ';
  const read = (one: Readonly<Record<string, unknown>>): Exhibit => {
    const rawTexts = [
      ...((one['samples'] as string[] | undefined) ?? []),
      one['template'] ?? one['text'],
    ].filter((text) => typeof text === 'string');
    const severity = one['severity'];
    return {
      id: String(one['id']),
      rawTexts,
      texts: rawTexts.map((text) => text.replaceAll(mark, ' ').replace(/\s+/g, ' ').trim()),
      ...(typeof severity === 'string' ? { severity } : {}),
    };
  };
  return {
    nonce,
    system,
    user,
    before: pieces[0] ?? '',
    fenced,
    evidence,
    mark,
    findings: evidence.findings.map(read),
    templates: evidence.templates.map(read),
  };
}
