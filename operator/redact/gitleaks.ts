import { RE2JS } from 're2js';
import type { RedactionRule, Span } from './rule.ts';
import { isPlaceholder, isWordLike, looksRandom } from './values.ts';

/** A rule as gitleaks has it. */
export interface GitleaksRule {
  /** `github-pat`: the placeholder is made of it. */
  readonly id: string;
  /** In RE2's syntax. */
  readonly pattern: string;
  /** Lower case; one of them is in every text that the pattern matches. Empty where there is none. */
  readonly keywords: readonly string[];
  /** The group that is the secret, 0 for the whole match; when unset, the first that matched, or the whole match where there is none. */
  readonly group?: number;
}

/** How the rules of named services begin: what stands before the name only slows the search. */
const LEAD = String.raw`[\w.-]{0,50}?`;
/** What gitleaks takes for the end of a value in a source file. */
const END = String.raw`(?:[\x60'"\s;]|\\[nr]|$)`;
/** What ends a value in a log: also brackets, commas, ampersands. */
const LOG_END = String.raw`(?:[^\w-]|$)`;
const QUOTES = String.raw`[\s'"]{0,3}`;
const OPENING = String.raw`[\x60'"\s=]{0,5}`;

/** What is put right in single patterns: ends of their own, and slips. */
const CORRECTED: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'azure-ad-client-secret': [
    [String.raw`(?:^|[\\'"\x60\s>=:(,)])`, String.raw`(?:^|[^\w.~-])`],
    [String.raw`(?:$|[\\'"\x60\s<),])`, String.raw`(?:$|[^\w.~-])`],
  ],
  'nuget-config-password': [['(.{8,})', '([^"]{8,})']],
  // Its two kinds of value tell each other apart by these.
  'generic-api-key': [[END, String.raw`(?:[^\w/+=-]|$)`]],
  // The list has only what all such keys begin with.
  'aws-amazon-bedrock-api-key-short-lived': [['Y29t', 'Y29t[A-Za-z0-9+/=%_-]*']],
  'nytimes-access-token': [['new-york-times,', 'new-york-times']],
};

/** A match that says by its name that it is none: words that gitleaks' own list for this rule holds, and keys of caches and tables. */
const NO_KEY =
  /(?:access(?:ibility|or)|access[_.-]?(?:id|log|time|mode|count|level|control)|random[_.-]?access|api[_.-]?(?:id|name|version|group|server|path)|rapid|capital|author|oauth[_.-]?(?:state|url)|credentials?[_.-]?id|(?:bucket|foreign|hot|idx|natural|primary|pub(?:lic)?|schema|sequence|cache|partition|routing|shard|sort|row|record|object|group|lock|dedup|idempotency|message|map|hash|host|s3|store|event|queue|redis|etcd|trace|metric|series|index|cluster|unique|range|order|sticky|lookup|registry)[_. -]?key|turkey|monkey|key[_.-]?(?:alias|board|code|frame|id|length|mesh|name|pair|press(?:ed)?|ring|selector|signature|size|stone|storetype|word|up|down|left|right|space|hash|count|type|range|file|path)|key(?:store|tab)|secret[_.-]?(?:length|name|size|ref|version)|(?:csrf|page|next|continue|continuation|sync|fencing)[_.-]?token|(?:api|credentials|token)[_.-]?(?:endpoint|ur[il])|public[_.-]?token|(?:key|token)[_.-]?(?:file|count|id|hash|type|name|version|uid)|tokeni[sz]|tokens)/i;

/** The word right before the separator is the name; not one before it. */
const KEY_NAME = /(?:access|auth|api|cred|key|passw|secret|token)[\w.-]{0,40}[^\w.-]{1,16}$/i;

/** Extra conditions of single rules: false leaves the value. */
const ACCEPT: Readonly<Record<string, (secret: string, match: string) => boolean>> = {
  'generic-api-key': (secret, match) => {
    const before = match.slice(0, match.indexOf(secret));
    return looksRandom(secret) && KEY_NAME.test(before) && !NO_KEY.test(before);
  },
  'vault-service-token': (secret) => !/^s\.[A-Za-z]{24}$/.test(secret),
  'curl-auth-user': (secret) =>
    !/^['"]?[^:]+:['"]?(?:\$\w+|\$?\{+[^{}]+\}+|<[^<>]+>|\*+|x+)['"]?$/.test(secret),
};

/** True for a rule whose pattern asks for the name of a service, and a value behind it that has no mark of its own. */
export function isNamed(rule: GitleaksRule): boolean {
  return rule.pattern.includes(LEAD);
}

/**
 * The pattern as it is used on logs: the same values, wherever a log may end them, in quotes that are escaped too; without the
 * look at what precedes a service's name, which finds nothing and costs the most.
 */
export function logPattern(rule: GitleaksRule): string {
  const own = CORRECTED[rule.id] ?? [];
  return own
    .reduce((pattern, [from, to]) => pattern.replace(from, () => to), rule.pattern)
    .replaceAll(LEAD, '')
    .replaceAll(END, () => LOG_END)
    .replaceAll(QUOTES, () => String.raw`[\s'"\\]{0,6}`)
    .replaceAll(OPENING, () => String.raw`[\x60'"\s=\\(\[{]{0,8}`);
}

/**
 * Makes a rule of gitleaks' a rule of ours. It is matched in time proportional to the text, by automata, as RE2 does;
 * compiled when it is first needed.
 */
export function gitleaksRule(rule: GitleaksRule): RedactionRule {
  const accept = ACCEPT[rule.id] ?? (isNamed(rule) ? namesNothing : isFresh);
  let compiled: RE2JS | undefined;
  return {
    placeholder: `<${rule.id}>`,
    hints: rule.keywords,
    together: true,
    *find(window) {
      compiled ??= RE2JS.compile(logPattern(rule));
      const matcher = compiled.matcher(window);
      while (matcher.find()) {
        const span = spanOf(matcher, rule.group, compiled.groupCount());
        const secret = window.slice(span.from, span.to);
        if (accept(secret, matcher.group() ?? '')) yield { from: span.from, to: wordEnd(window, span.to) };
      }
    },
  };
}

/** Where the word ends that a value ends in: of two lengths that a token may have, the shorter is found first. */
function wordEnd(text: string, to: number): number {
  let end = to;
  if (!/\w/.test(text[to - 1] ?? '')) return to;
  while (/[\w-]/.test(text[end] ?? '')) end += 1;
  return end;
}

interface Groups {
  start(group: number): number;
  end(group: number): number;
}

function spanOf(matcher: Groups, group: number | undefined, groups: number): Span {
  for (let k = group ?? 1; k > 0 && k <= groups; k += 1) {
    const span = { from: matcher.start(k), to: matcher.end(k) };
    if (span.from >= 0 && span.to > span.from) return span;
  }
  return { from: matcher.start(0), to: matcher.end(0) };
}

function isFresh(secret: string): boolean {
  return !isPlaceholder(secret);
}

function namesNothing(secret: string): boolean {
  return (
    isFresh(secret) &&
    !(/^(?:[A-Z]?[a-z]+|[A-Z]+)(?:[_.-](?:[A-Z]?[a-z]+|[A-Z]+))*$/.test(secret) && isWordLike(secret))
  );
}
