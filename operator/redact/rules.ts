/** One kind of secret or personal data and how to find it. */
export interface RedactionRule {
  /** What stands in its place, in angle brackets: `<jwt>`. */
  readonly placeholder: string;
  /** Lower-case texts of which one must be in the text for the rule to run; empty runs it always. */
  readonly hints: readonly string[];
  /**
   * Global. Every repetition is bounded and none is nested in an unbounded one, so the work on a text is at most its
   * length times a constant. A named group `secret` is what is replaced; without one, the whole match. The group ends
   * the match, but for a delimiter.
   */
  readonly pattern: RegExp;
  /** Looks at what was matched; false leaves it. */
  readonly accept?: (secret: string) => boolean;
}

/** Values that are no secret: placeholders, literals, masked text. */
const NO_SECRET =
  /^(?:true|false|null|nil|none|undefined|empty|\*+|x{3,}|<[\w-]+>|\$\{?[\w.-]+\}?|\[?(?:redacted|masked|hidden|filtered)\]?|is|was|not|has|must|for|from|and|or|the|a|an|in|to|of|with|expired|invalid|missing|required|incorrect|wrong|mismatch|failed|rejected|refresh|refreshed|count|type)$/i;

/** Ends in, or is, what a rule put there, or a made-up stand-in for a value. */
const PLACEHOLDER = /^<[^<>]{1,64}>|<[a-z-]{2,32}>$/;

/** A file's path, which tells where a secret is and not what it is: of two parts at least, or relative. */
const FILE_PATH = /^(?:~|\.{1,2})?(?:\/[\w.-]{1,64}){2,16}\/?$|^(?:~|\.{1,2})\/[\w.-]{1,64}$/;

/** Keys that are secrets by their names; a `key` alone is mostly a name of something. */
const SECRET_KEY =
  '(?:api|secret|access|private|encryption|signing|subscription|master|account|shared|auth|license)[_-]?key';

/** Names of fields and settings that hold a secret. */
const SECRET_NAME = `(?:password|passwd|passphrase|pwd|secret|token|credentials?|${SECRET_KEY})`;

/** A quoted value up to its closing quote, which may be missing: escaped quotes belong to it. */
const QUOTED = String.raw`"(?<secret>(?:[^"\\\n]|\\[^\n]){3,4096})|'(?<secret>(?:[^'\\\n]|\\[^\n]){3,4096})`;

/** The same within a string that is itself quoted, where the quotes are escaped. */
const ESCAPED_QUOTED = String.raw`(?<quote>\\{1,6}["'])(?<secret>(?:(?!(?<!\\)(?:\k<quote>|"))[^\n]){3,4096})`;

const FIELD = new RegExp(
  String.raw`(?:^|[^A-Za-z])(?:[\w.-]{0,40}[_.-]|[a-z]{0,20})${SECRET_NAME}` +
    String.raw`["'\\]{0,4}\s{0,2}(?:=>|:=|=|:)\s{0,2}` +
    String.raw`(?:${QUOTED}|${ESCAPED_QUOTED}|["'\\]{0,4}(?<secret>[^\s"'\\,;&})\]]{3,512}))`,
  'gi',
);

/** A flag of a command line with its value, also as two entries of a list. */
function flag(name: string): RegExp {
  return new RegExp(
    String.raw`--[\w-]{0,40}?${name}(?:[ =]{1,2}|["'],\s{0,2}(?=["']))(?:${QUOTED}|(?<secret>[^\s"',]{3,512}))`,
    'gi',
  );
}

/**
 * The rules, in the order in which they run: what contains others comes first.
 * Formats of tokens follow their issuers' documentation, as the gitleaks rule list (MIT) collects it.
 */
export const RULES: readonly RedactionRule[] = [
  {
    placeholder: '<private-key>',
    hints: ['-----begin'],
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]{0,16384}?(?:-----END [A-Z0-9 ]{0,40}-----|$)/g,
  },
  {
    placeholder: '<certificate>',
    hints: ['-----begin certificate'],
    pattern:
      /-----BEGIN CERTIFICATE(?: REQUEST)?-----[\s\S]{0,16384}?(?:-----END CERTIFICATE(?: REQUEST)?-----|$)/g,
  },
  {
    placeholder: '<cookie>',
    hints: ['cookie'],
    pattern:
      /\b(?:Set-)?Cookie["']?\s{0,2}[:=]\s{0,2}["'[]{0,2}(?<secret>[^\s"'=;,]{1,128}=[^\n"'\]]{1,4096})/gi,
  },
  { placeholder: '<jwt>', hints: ['eyj'], pattern: /\beyJ[\w-]{8,4096}(?:\.[\w-]{2,8192}){1,4}/g },
  {
    placeholder: '<authorization>',
    hints: ['bearer', 'basic', 'digest', 'negotiate', 'token', 'apikey'],
    pattern: /\b(?:Bearer|Basic|Negotiate|ApiKey|Token)[ :]{1,3}(?<secret>[\w.~+/=-]{8,4096})/gi,
    accept: (secret) => /[\d=+/._-]/.test(secret) || secret.length >= 24,
  },
  {
    placeholder: '<authorization>',
    hints: ['authorization'],
    pattern:
      /\b(?:Proxy-)?Authorization["']?\s{0,2}[:=]\s{0,2}["'[]{0,2}(?<secret>[^\s"'\],}]{1,64}(?: [^\s"'\],}]{1,4096})?)/gi,
    accept: (secret) =>
      !secret.includes('<authorization>') &&
      !secret.includes('<jwt>') &&
      !/^(?:failed|denied|required|error|header)/i.test(secret),
  },
  {
    placeholder: '<url-password>',
    hints: ['://'],
    pattern: /\b[a-z][a-z0-9+.-]{1,30}:\/\/[^\s:@/?#"'<>]{0,128}:(?<secret>[^\s/"'<>]{1,256})@/gi,
    // A port and a query that holds an address.
    accept: (secret) => !/^\d{1,5}[?#]/.test(secret),
  },
  {
    placeholder: '<account-key>',
    hints: ['accountkey', 'sharedaccesskey', 'sharedaccesssignature'],
    pattern: /\b(?:AccountKey|SharedAccessKey|SharedAccessSignature)=(?<secret>[^\s;"']{8,512})/gi,
  },
  {
    placeholder: '<aws-access-key>',
    hints: ['akia', 'asia', 'abia', 'acca', 'a3t'],
    pattern: /\b(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/g,
  },
  {
    placeholder: '<aws-secret-key>',
    hints: ['aws', 'secret'],
    pattern:
      /\b(?:aws_?)?secret_?(?:access_?)?key(?:_?id)?["']?\s{0,2}[:=]\s{0,2}["']?(?<secret>[\w/+=]{40})(?![\w/+=])/gi,
  },
  { placeholder: '<google-api-key>', hints: ['aiza'], pattern: /\bAIza[\w-]{35}(?![\w-])/g },
  {
    placeholder: '<google-oauth-token>',
    hints: ['ya29.', 'gocspx-'],
    pattern: /\b(?:ya29\.[\w-]{20,512}|GOCSPX-[\w-]{20,40})/g,
  },
  {
    placeholder: '<github-token>',
    hints: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'],
    pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})/g,
  },
  {
    placeholder: '<gitlab-token>',
    hints: ['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-', 'glsoat-', 'glft-'],
    pattern: /\bgl(?:pat|dt|rt|cbt|ptt|soat|ft)-[\w.-]{20,320}/g,
  },
  {
    placeholder: '<slack-token>',
    hints: ['xox', 'xapp-'],
    pattern: /\b(?:xox[abeoprs](?:\.xox[bp])?-[\w-]{10,250}|xapp-\d-[\w-]{10,250})/gi,
  },
  {
    placeholder: '<slack-webhook>',
    hints: ['hooks.slack.com'],
    pattern: /hooks\.slack\.com\/(?:services|workflows|triggers)\/(?<secret>[\w/+-]{20,100})/g,
  },
  {
    placeholder: '<openai-key>',
    hints: ['sk-'],
    pattern: /\bsk-(?:proj-|svcacct-|admin-|ant-[a-z0-9]{2,10}-)?[\w-]{20,256}/g,
    accept: hasDigit,
  },
  {
    placeholder: '<stripe-key>',
    hints: ['sk_', 'rk_', 'pk_', 'whsec_'],
    pattern: /\b(?:[srp]k_(?:test|live|prod)_[A-Za-z0-9]{10,256}|whsec_[\w+/=]{16,128})/g,
  },
  { placeholder: '<npm-token>', hints: ['npm_'], pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  { placeholder: '<pypi-token>', hints: ['pypi-'], pattern: /\bpypi-[\w-]{50,1000}/g },
  { placeholder: '<sendgrid-key>', hints: ['sg.'], pattern: /\bSG\.[\w-]{16,32}\.[\w-]{32,64}/g },
  { placeholder: '<twilio-key>', hints: ['sk', 'ac'], pattern: /\b(?:SK|AC)[0-9a-f]{32}\b/g },
  { placeholder: '<hashicorp-token>', hints: ['hvs.', 'hvb.', 'hvr.'], pattern: /\bhv[sbr]\.[\w-]{20,300}/g },
  {
    placeholder: '<digitalocean-token>',
    hints: ['dop_v1_', 'doo_v1_', 'dor_v1_'],
    pattern: /\bdo[opr]_v1_[a-f0-9]{64}\b/g,
  },
  { placeholder: '<databricks-token>', hints: ['dapi'], pattern: /\bdapi[a-f0-9]{32}(?:-\d)?\b/g },
  { placeholder: '<huggingface-token>', hints: ['hf_'], pattern: /\bhf_[A-Za-z0-9]{30,40}\b/g },
  { placeholder: '<telegram-token>', hints: [':aa'], pattern: /\b\d{8,10}:AA[\w-]{33}(?![\w-])/g },
  {
    placeholder: '<password>',
    hints: ['pass', 'pwd', 'secret', 'token', 'key', 'credential'],
    pattern: FIELD,
    accept: isSecret,
  },
  {
    placeholder: '<password>',
    hints: ['--'],
    pattern: flag(`(?:pass|${SECRET_NAME})`),
    accept: (value) => isSecret(value) && !isFlagOrPath(value),
  },
  {
    placeholder: '<password>',
    hints: ['key'],
    pattern: flag('key'),
    accept: (value) =>
      isSecret(value) &&
      !isFlagOrPath(value) &&
      (value.length >= 24 || (value.length >= 8 && hasDigit(value))),
  },
  {
    placeholder: '<email>',
    hints: ['@'],
    pattern: /(?<![\w.+-])[\w.+%-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}\b/gi,
  },
  {
    placeholder: '<card-number>',
    hints: [],
    pattern: /(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w-]|\.\d)/g,
    accept: isCardNumber,
  },
];

function isSecret(value: string): boolean {
  return !NO_SECRET.test(value) && !PLACEHOLDER.test(value);
}

function isFlagOrPath(value: string): boolean {
  return value.startsWith('-') || FILE_PATH.test(value);
}

function hasDigit(text: string): boolean {
  return /\d/.test(text);
}

/** True for 13–19 digits with an issuer's prefix and a correct check digit (ISO/IEC 7812, Luhn). */
export function isCardNumber(text: string): boolean {
  const digits = text.replace(/[ -]/g, '');
  if (digits.length < 13 || digits.length > 19) return false;
  if (!/^(?:4|5[1-5]|2[2-7]|3[4-7]|6)/.test(digits) || /^(\d)\1+$/.test(digits)) return false;
  let sum = 0;
  for (let k = 0; k < digits.length; k += 1) {
    let d = Number(digits[digits.length - 1 - k]);
    if (k % 2 === 1) {
      d *= 2;
      if (d > 9) d -= 9;
    }
    sum += d;
  }
  return sum % 10 === 0;
}
