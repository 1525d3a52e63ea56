import {
  type Field,
  fieldsOf,
  isLeaf,
  itemOf,
  pathText,
  propertyOf,
  type Schema,
  sample,
  valueWith,
} from './schema-cases.ts';

/** The parts of an analysis that a rule looks at. */
export interface Content {
  readonly spec: object;
  readonly status?: object;
}

/** An update, and of which part. */
export interface Change {
  readonly title: string;
  readonly part: 'spec' | 'status';
  readonly before: Content;
  readonly after: Content;
}

/** What a rule takes and what it refuses. */
export interface RuleCases {
  /** The field that a refusal names. */
  readonly field: string;
  readonly accepting: readonly Change[];
  readonly rejecting: readonly Change[];
}

const MUTABLE = ['cancelled', 'ttlSecondsAfterFinished'];

/** The cases of each CEL rule of the definition, by the rule's message. */
export function ruleCases(schema: Schema): Readonly<Record<string, RuleCases>> {
  return {
    'spec is immutable except cancelled and ttlSecondsAfterFinished': immutability(
      propertyOf(schema, 'spec'),
    ),
    'cancelled cannot be taken back': cancellation(),
    'a verdict, once set, stays': finality(propertyOf(propertyOf(schema, 'status'), 'verdict').enum ?? []),
  };
}

/** The kinds of reviewers, one of which each reviewer has to be. */
export function reviewerKinds(schema: Schema): string[] {
  const reviewer = itemOf(propertyOf(propertyOf(schema, 'spec'), 'reviewers'));
  return Object.entries(reviewer.properties ?? {})
    .filter(([, { type }]) => type === 'object')
    .map(([name]) => name);
}

function specChange(title: string, before: object, after: object): Change {
  return { title, part: 'spec', before: { spec: before }, after: { spec: after } };
}

function immutability(spec: Schema): RuleCases {
  const fixed = Object.entries(spec.properties ?? {}).filter(([name]) => !MUTABLE.includes(name));
  const whole = fixed.flatMap(([name, schema]): Change[] => {
    const value = { [name]: sample(schema, 1) };
    return [specChange(`spec.${name} added`, {}, value), specChange(`spec.${name} removed`, value, {})];
  });
  const leaves = fixed.flatMap(([name, schema]) => fieldsOf(schema, [name])).filter(isLeaf);
  const specOf = ({ path, schema }: Field, number: number) =>
    valueWith(spec, path, sample(schema, number)) as object;
  const titleOf = ({ path }: Field, what: string) => `${pathText(['spec', ...path])} ${what}`;
  const [gemini, agent] = [{ gemini: {} }, { a2a: {} }];
  return {
    field: 'spec',
    accepting: [
      ...leaves.map((leaf) =>
        specChange(titleOf(leaf, 'kept'), specOf(leaf, 0), {
          ...specOf(leaf, 0),
          cancelled: true,
          ttlSecondsAfterFinished: 1,
        }),
      ),
      specChange('ttlSecondsAfterFinished added', {}, { ttlSecondsAfterFinished: 60 }),
      specChange(
        'ttlSecondsAfterFinished changed',
        { ttlSecondsAfterFinished: 60 },
        { ttlSecondsAfterFinished: 0 },
      ),
      specChange('ttlSecondsAfterFinished removed', { ttlSecondsAfterFinished: 60 }, {}),
    ],
    rejecting: [
      ...whole,
      ...leaves.map((leaf) => specChange(titleOf(leaf, 'changed'), specOf(leaf, 0), specOf(leaf, 1))),
      specChange('reviewers reordered', { reviewers: [gemini, agent] }, { reviewers: [agent, gemini] }),
      specChange('reviewer of another kind', { reviewers: [gemini] }, { reviewers: [agent] }),
      specChange('hidden behind a field that may change', {}, { cancelled: true, timeoutSeconds: 60 }),
    ],
  };
}

function cancellation(): RuleCases {
  const change = (before: boolean | undefined, after: boolean | undefined): Change => {
    const specOf = (cancelled?: boolean) => (cancelled === undefined ? {} : { cancelled });
    return specChange(`cancelled from ${before} to ${after}`, specOf(before), specOf(after));
  };
  return {
    field: 'spec',
    accepting: [
      change(undefined, true),
      change(undefined, false),
      change(false, true),
      change(false, undefined),
      change(true, true),
    ],
    rejecting: [change(true, false), change(true, undefined)],
  };
}

function finality(verdicts: readonly string[]): RuleCases {
  const change = (title: string, before: object | undefined, after: object | undefined): Change => ({
    title,
    part: 'status',
    before: { spec: {}, ...(before === undefined ? {} : { status: before }) },
    after: { spec: {}, ...(after === undefined ? {} : { status: after }) },
  });
  return {
    field: '<nil>',
    accepting: verdicts.flatMap((verdict) => [
      change(`${verdict} given`, undefined, { verdict }),
      change(`${verdict} given to a status that is there`, { look: 1 }, { look: 1, verdict }),
      change(`${verdict} kept, a link added`, { verdict }, { verdict, link: 'https://example.com/1' }),
    ]),
    rejecting: verdicts.flatMap((verdict) => [
      ...verdicts
        .filter((other) => other !== verdict)
        .map((other) => change(`${verdict} turned into ${other}`, { verdict }, { verdict: other })),
      change(`${verdict} taken away`, { verdict }, { look: 1 }),
      change(`${verdict} taken away with the whole status`, { verdict }, undefined),
    ]),
  };
}
