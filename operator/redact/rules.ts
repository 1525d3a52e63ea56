import { GITLEAKS_RULES } from './generated/gitleaks-rules.ts';
import { type GitleaksRule, gitleaksRule } from './gitleaks.ts';
import { patternRule, type RedactionRule } from './rule.ts';
import {
  entropy,
  hasDigit,
  isCardNumber,
  isFilePath,
  isPlaceholder,
  isSecret,
  isWordLike,
  looksRandom,
} from './values.ts';

/** Keys that are secrets by their names; a `key` alone is mostly a name of something. */
const SECRET_KEY =
  '(?:api|secret|access|private|encryption|signing|subscription|master|account|shared|auth|license|admin|service|client|app|consumer|storage)[_-]?key';

/** Names of fields and settings that hold a secret. */
const SECRET_NAME = `(?:password|passwd|passphrase|passcode|pwd|secret|token|credentials?|${SECRET_KEY})`;

/** `pass` alone is mostly a result of tests. */
const PASS =
  '(?:db|sql|pg|my|mysql|postgres|redis|mongo|smtp|mail|ftp|ssh|ldap|user|admin|root|http|proxy|auth|rabbitmq|amqp|mq|kafka)[_.-]?pass';

/** Names that end like a secret's and are none. */
const NO_NAME =
  /(?:page|next|continue|continuation|cursor|sync|fencing|cancell?ation|cancel|unexpected|invalid|illegal|pull|image|tls|ref|prompt|completion|max|min|total|num|eos|bos|pad|unk|stop|end|start)[ _-]?(?:secret|token)["'\\]{0,4}\s{0,2}[:=]/i;

/** A bare name in prose, and a value that is a word. */
const PROSE = /^[^A-Za-z]?(?:secret|token|credentials?)\s{0,2}:\s/i;

/** A quoted value up to its closing quote, which may be missing: escaped quotes belong to it. */
const QUOTED = String.raw`"(?<secret>(?:[^"\\\n]|\\[^\n]){3,4096})|'(?<secret>(?:[^'\\\n]|\\[^\n]){3,4096})`;

/** The same within a string that is itself quoted, where the quotes are escaped. */
const ESCAPED_QUOTED = String.raw`(?<quote>\\{1,6}["'])(?<secret>(?:(?!(?<!\\)(?:\k<quote>|"))[^\n]){3,4096})`;

const FIELD = new RegExp(
  String.raw`(?:^|[^A-Za-z])(?:[\w.-]{0,40}[_.-]|[a-z]{0,20})(?:${SECRET_NAME}|${PASS})` +
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

function isFieldSecret(value: string, match: string): boolean {
  if (!isSecret(value) || NO_NAME.test(match)) return false;
  if (/^\d{1,6}$/.test(value) && /(?:token|secret)["'\\]{0,4}\s{0,2}[:=]/i.test(match)) return false;
  return !(PROSE.test(match) && (isWordLike(value) || isFilePath(value)));
}

function isFlagOrPath(value: string): boolean {
  return value.startsWith('-') || isFilePath(value);
}

function isBasic(value: string): boolean {
  // Base64 of `user:password`: a colon among printable characters.
  return /^[A-Za-z0-9+/_-]{4,4096}={0,2}$/.test(value) && /^[\x20-\x7e]*:[\x20-\x7e]*$/.test(decode(value));
}

function decode(base64: string): string {
  try {
    return atob(base64.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return '';
  }
}

/** An element of XML whose name is a secret's. */
const XML = new RegExp(
  String.raw`<[\w:.-]{0,60}${SECRET_NAME}(?:\s[^<>]{0,80})?>(?<secret>[^<>]{3,512})<\/`,
  'gi',
);

/** Local parts and endings of addresses that are no person's: accounts of machines, versions, units, hosts of a cluster. */
const NO_PERSON =
  /^(?:git|root|svn|hg)@|@v?\d+\.\d|\.(?:local|internal|svc|cluster|localdomain|lan|service|socket|target|timer|slice|scope|mount|tgz|gz|zip|jar|war|js|mjs|ts|json|ya?ml|html?|php|py|rb|go|so|exe|png|jpg|log|txt)$/i;

function isPersonalAddress(address: string): boolean {
  return !NO_PERSON.test(address);
}

/** A line of a key's body: capitals, small letters and digits, as no digest or name has them. */
function isKeyLine(line: string): boolean {
  return /[a-z]/.test(line) && /[A-Z]/.test(line) && hasDigit(line) && entropy(line) > 4.3;
}

/** The end of a private key whose beginning is not there: the lines of Base64 before its last line. */
const KEY_TAIL: RedactionRule = {
  placeholder: '<private-key>',
  hints: ['-----end'],
  *find(window) {
    for (const end of window.matchAll(/-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g)) {
      let from = end.index;
      for (let lines = 0; lines < 256; lines += 1) {
        const body = /([A-Za-z0-9+/=]{1,80})(?:\s|\\[nr]){0,4}$/.exec(
          window.slice(Math.max(0, from - 90), from),
        );
        if (body === null || (lines > 0 && (body[1] ?? '').length < 40)) break;
        from -= body[0].length;
      }
      yield { from, to: end.index + end[0].length };
    }
  },
};

/** Secrets that hold others. */
const CONTAINERS: readonly RedactionRule[] = [
  patternRule(
    '<private-key>',
    ['-----begin'],
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]{0,16384}?(?:-----END [A-Z0-9 ]{0,40}-----|$)/g,
  ),
  KEY_TAIL,
  patternRule('<private-key>', [], /^[A-Za-z0-9+/]{64}(?:[A-Za-z0-9+/]{6})?(?=\r?$)/gm, isKeyLine),
  patternRule(
    '<certificate>',
    ['-----begin certificate'],
    /-----BEGIN CERTIFICATE(?: REQUEST)?-----[\s\S]{0,16384}?(?:-----END CERTIFICATE(?: REQUEST)?-----|$)/g,
  ),
  patternRule(
    '<cookie>',
    ['cookie'],
    /\b(?:Set-)?Cookie["'\\]{0,4}\s{0,2}[:=]\s{0,2}["'[\\]{0,4}(?<secret>[^\s"'=;,]{1,128}=[^\n"'\]]{1,4096})/gi,
  ),
  patternRule(
    '<cookie>',
    ['jsessionid', 'phpsessid', 'sessionid', 'connect.sid', 'csrftoken'],
    /\b(?:JSESSIONID|PHPSESSID|ASP\.NET_SessionId|sessionid|connect\.sid|csrftoken)=(?<secret>[^\s"'&;,]{8,512})/gi,
    isSecret,
  ),
  patternRule(
    '<authorization>',
    ['authorization'],
    /\b(?:Proxy-)?Authorization["'\\]{0,4}\s{0,2}[:=]\s{0,2}["'[\\]{0,4}(?:Bearer|Basic|Digest|Negotiate|NTLM|ApiKey|Api-Key|Token|Key|SharedKey|Signature|AWS4-HMAC-SHA256)[ :]{1,3}(?<secret>[^\n"'\\\]}]{3,4096})/gi,
    (secret) => !isPlaceholder(secret.trim()),
  ),
  patternRule(
    '<authorization>',
    ['bearer', 'negotiate'],
    /\b(?:Bearer|Negotiate)[ :]{1,3}(?<secret>[\w.~+/=-]{8,4096})/gi,
    (secret) => !isWordLike(secret),
  ),
  patternRule('<authorization>', ['basic'], /\bBasic[ :]{1,3}(?<secret>[\w+/=-]{8,4096})/gi, isBasic),
  patternRule(
    '<authorization>',
    ['token', 'apikey'],
    /\b(?:ApiKey|Token)[ :]{1,3}(?<secret>[\w.~+/=-]{16,4096})/gi,
    looksRandom,
  ),
  patternRule(
    '<authorization>',
    ['authorization'],
    /\b(?:Proxy-)?Authorization["'\\]{0,4}\s{0,2}[:=]\s{0,2}["'[\\]{0,4}(?<secret>[^\s"'\\\],}]{8,4096})/gi,
    (secret) => isSecret(secret) && !isWordLike(secret),
  ),
  patternRule(
    '<url-password>',
    ['://'],
    /\b[a-z][a-z0-9+.-]{1,30}:\/\/[^\s:@/?#"'<>]{0,128}:(?<secret>[^\s/"'<>]{1,256})@/gi,
    // A port and a query that holds an address.
    (secret) => !/^\d{1,5}[?#]/.test(secret),
  ),
  patternRule(
    '<url-password>',
    ['jdbc:'],
    /\bjdbc:[a-z]{2,20}:[a-z]{2,10}:[\w$#]{1,64}\/(?<secret>[^\s/"'<>@]{1,256})@/gi,
  ),
  patternRule(
    '<url-signature>',
    ['sig', 'x-amz-', 'x-goog-'],
    /[?&;](?:amp;)?(?:sig|signature|X-Amz-(?:Signature|Security-Token|Credential)|X-Goog-(?:Signature|Credential))=(?<secret>[^\s&"'<>]{16,4096})/gi,
  ),
];

/** Formats of tokens as their issuers document them: what gitleaks lacks or asks more context for. */
const FORMATS: readonly RedactionRule[] = [
  patternRule('<jwt>', ['eyj'], /\beyJ[\w-]{8,4096}(?:\.[\w-]{2,8192}){1,4}/g),
  patternRule(
    '<account-key>',
    ['accountkey', 'sharedaccesskey', 'sharedaccesssignature'],
    /\b(?:AccountKey|SharedAccessKey|SharedAccessSignature)=(?<secret>[^\s;"']{8,512})/gi,
  ),
  patternRule(
    '<aws-access-key>',
    ['akia', 'asia', 'abia', 'acca', 'a3t'],
    /\b(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/g,
  ),
  patternRule(
    '<aws-secret-key>',
    ['secret'],
    /(?:aws_?)?secret_?(?:access_?)?key(?:_?id)?["'\\]{0,4}\s{0,2}[:=]\s{0,2}["'\\]{0,4}(?<secret>[\w/+=]{40})(?![\w/+=])/gi,
  ),
  patternRule('<google-api-key>', ['aiza'], /\bAIza[\w-]{35}(?![\w-])/g),
  patternRule('<google-oauth-token>', ['ya29.', 'gocspx-'], /\b(?:ya29\.[\w-]{20,512}|GOCSPX-[\w-]{20,40})/g),
  patternRule(
    '<github-token>',
    ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'],
    /(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255})/g,
  ),
  patternRule(
    '<gitlab-token>',
    ['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-', 'glsoat-', 'glft-'],
    /gl(?:pat|dt|rt|cbt|ptt|soat|ft)-[\w.-]{20,320}/g,
  ),
  patternRule(
    '<slack-token>',
    ['xox', 'xapp-'],
    /(?:xox[abeoprs](?:\.xox[bp])?-[\w-]{8,250}|xapp-\d-[\w-]{10,250})/gi,
  ),
  patternRule(
    '<slack-webhook>',
    ['hooks.slack.com'],
    /hooks\.slack\.com\/(?:services|workflows|triggers)\/(?<secret>[\w/+-]{20,100})/g,
  ),
  patternRule(
    '<openai-key>',
    ['sk-'],
    /\bsk-(?:proj-|svcacct-|admin-|ant-[a-z0-9]{2,10}-)?[\w-]{20,256}/g,
    (secret) => hasDigit(secret) && !isWordLike(secret),
  ),
  patternRule(
    '<stripe-key>',
    ['sk_', 'rk_', 'pk_', 'whsec_'],
    /\b(?:[srp]k_(?:test|live|prod)_[A-Za-z0-9]{10,256}|whsec_[\w+/=]{16,128})/g,
  ),
  patternRule('<npm-token>', ['npm_'], /\bnpm_[A-Za-z0-9]{36}\b/gi),
  patternRule('<pypi-token>', ['pypi-'], /\bpypi-[\w-]{50,1000}/g),
  patternRule('<sendgrid-key>', ['sg.'], /\bSG\.[\w-]{16,32}\.[\w-]{32,64}/g),
  patternRule('<twilio-key>', ['sk', 'ac'], /\b(?:SK|AC)[0-9a-f]{32}\b/g),
  patternRule('<hashicorp-token>', ['hvs.', 'hvb.', 'hvr.'], /\bhv[sbr]\.[\w-]{20,300}/g),
  patternRule('<digitalocean-token>', ['dop_v1_', 'doo_v1_', 'dor_v1_'], /\bdo[opr]_v1_[a-f0-9]{64}\b/g),
  patternRule('<databricks-token>', ['dapi'], /\bdapi[a-f0-9]{32}(?:-\d)?\b/g),
  patternRule('<huggingface-token>', ['hf_'], /\bhf_[A-Za-z0-9]{30,40}\b/g),
  patternRule('<telegram-token>', [':a'], /(?<!\d)\d{5,16}:A[\w-]{34}(?![\w-])/g),
  patternRule(
    '<password-hash>',
    ['$'],
    /\$(?:2[abxy]\$\d\d\$[./A-Za-z0-9]{53}|(?:1|5|6|y|apr1)\$[^\s$"']{1,64}\$[./A-Za-z0-9$]{22,128}|argon2i?d?\$[^\s"']{20,256})/g,
  ),
];

/** Values told by the name before them. */
const FIELDS: readonly RedactionRule[] = [
  patternRule('<password>', ['pass', 'pwd', 'secret', 'token', 'key', 'credential'], FIELD, isFieldSecret),
  patternRule('<password>', ['pass', 'pwd', 'secret', 'token', 'key', 'credential'], XML, (value) =>
    isSecret(value.trim()),
  ),
  patternRule(
    '<password>',
    ['identified by', 'password'],
    /\b(?:IDENTIFIED BY|PASSWORD)\s{1,2}'(?<secret>[^'\n]{3,256})/gi,
    isSecret,
  ),
  patternRule(
    '<password>',
    ['--'],
    flag(`(?:pass|${SECRET_NAME})`),
    (value) => isSecret(value) && !isFlagOrPath(value),
  ),
  patternRule(
    '<password>',
    ['key'],
    flag('key'),
    (value) =>
      isSecret(value) &&
      !isFlagOrPath(value) &&
      (value.length >= 24 || (value.length >= 8 && hasDigit(value))),
  ),
];

/** What is personal. */
const PERSONAL: readonly RedactionRule[] = [
  patternRule(
    '<email>',
    ['@'],
    /(?<![\w.+-])[\w.+%-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}\b/gi,
    isPersonalAddress,
  ),
  patternRule(
    '<card-number>',
    [],
    /(?<![\w.-])(?<!(?:id|ts|ns|no|seq|num|time|nanos|offset|count|bytes|size|span|trace|order|version|stamp)["'\\]{0,3}[ :=]{1,3}["']?)(?:\d[ -]?){12,18}\d(?![\w-]|\.\d)/gi,
    isCardNumber,
  ),
];

const isGeneric = ({ id }: GitleaksRule): boolean => id === 'generic-api-key';

/**
 * The rules of ours, in the order in which they run: what contains others comes first, what is told by its name alone
 * last. gitleaks' rules run together with the formats, {@link allRules}.
 */
export const OWN_RULES: readonly RedactionRule[] = [...CONTAINERS, ...FORMATS, ...FIELDS, ...PERSONAL];

/** Every rule, in the order in which they run; compiled once, when first asked for. */
export function allRules(): readonly RedactionRule[] {
  rules ??= [
    ...CONTAINERS,
    ...FORMATS.map((rule) => ({ ...rule, together: true })),
    ...GITLEAKS_RULES.filter((rule) => !isGeneric(rule)).map(gitleaksRule),
    ...FIELDS,
    ...GITLEAKS_RULES.filter(isGeneric).map(gitleaksRule),
    ...PERSONAL,
  ];
  return rules;
}

let rules: readonly RedactionRule[] | undefined;
