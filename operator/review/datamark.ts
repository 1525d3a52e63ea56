/** Signs that mark text as data, the usual first: one token each for most models, and rare in logs. */
const MARKS = ['·', '¦', '§', '¬', '¤', '†', '‡', '¶', '•', '°'];
/** Where to look on when a log holds all of those: arrows and mathematical signs. */
const MORE_MARKS: readonly [from: number, to: number] = [0x2190, 0x22ff];

/** How text that programs wrote is told from ours. */
export interface Datamark {
  readonly mark: string;
  /** Puts the mark in the place of white space; a new line stays one, after a mark. */
  marked(text: string): string;
  /** Puts spaces where marks are: text that a model copied. */
  unmarked(text: string): string;
}

/**
 * Marks text as data all through ("datamarking" in Hines et al., Defending Against Indirect Prompt Injection Attacks With
 * Spotlighting, 2024): whatever such a text says, it does not look like an instruction. The mark is a sign that none of the
 * texts holds, or is taken out of them where they hold all signs, so that nobody can write marked text, or text that seems unmarked.
 */
export function datamarkFor(texts: Iterable<string>): Datamark {
  const all = [...texts];
  const free = (mark: string): boolean => !all.some((text) => text.includes(mark));
  const unused = MARKS.find(free) ?? moreMarks().find(free);
  const mark = unused ?? '·';
  const cleared = (text: string): string => (unused === undefined ? text.replaceAll(mark, ' ').trim() : text);
  return {
    mark,
    marked: (text) => cleared(text).replace(/\s+/gu, (space) => (space.includes('\n') ? `${mark}\n` : mark)),
    unmarked: (text) => text.replaceAll(mark, ' '),
  };
}

function moreMarks(): string[] {
  const [from, to] = MORE_MARKS;
  return Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index));
}
