import { RE2JS } from 're2js';
import type { GitleaksRule } from '../../../../operator/redact/gitleaks.ts';
import { PatternSampler, pick, type Random, type Sample } from './pattern-values.ts';

/** A line that holds a secret. */
export interface SecretLine {
  readonly id: string;
  readonly line: string;
  readonly secret: string;
}

/** In the pattern of a service, its names stand between these. */
const LEAD = String.raw`[\w.-]{0,50}?`;
const BEHIND = String.raw`(?:[ \t\w.-]{0,20})`;

type Frame = (v: string, about: string) => string;

const TEXT: readonly Frame[] = [
  (v, about) => `2026-03-04T05:06:07.890Z WARN  [http-3] c.acme.shop.Client - ${about} ${v} after 3 tries`,
  (v, about) =>
    `java.lang.IllegalStateException: ${about} ${v}\n\tat com.acme.shop.Client.call(Client.java:42)`,
  (v, about) =>
    `Traceback (most recent call last):\n  File "/app/client.py", line 7, in call\nValueError: ${about} ${v}`,
];

const VALUE: readonly Frame[] = [
  ...TEXT,
  (v, about) => `{"level":"info","time":1767225600000,"msg":"${about}","v":"${v}","n":3}`,
  (v, about) => `{"level":"error","msg":"${about}: {\\"v\\":\\"${v}\\",\\"n\\":1}"}`,
  (v, about) => `level=info msg="${about}" v=${v} dur=3ms`,
  (v, about) => `ts=2026-03-04T05:06:07Z level=error msg="${about}" err="upstream said (${v}), giving up"`,
  (v, about) => `panic: ${about}: ${v}\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:12 +0x1d`,
  (v, about) => `GET https://api.example.com/v1/items?q=${about.replaceAll(' ', '+')}&v=${v}&n=2 502`,
  (v, about) => `${about}\nHOME=/root\nV=${v}\nPATH=/usr/bin`,
];

const NAMES: readonly ((name: string, v: string) => string)[] = [
  (name, v) => `export ${upper(name)}_API_KEY=${v}`,
  (name, v) => `PATH=/usr/bin ${upper(name)}=${v} HOME=/root`,
  (name, v) => `{"level":"debug","msg":"configured","${name}_value":"${v}","n":1}`,
  (name, v) => `{"msg":"body {\\"${name}_value\\":\\"${v}\\"}"}`,
  (name, v) => `level=info msg=configured ${name}.value=${v} n=1`,
  (name, v) =>
    `com.acme.ConfigException: bad setting ${name}-value: ${v}\n\tat com.acme.Main.main(Main.java:1)`,
  (name, v) => `POST https://api.example.com/v1?n=1&${name}_value=${v}&m=2 401`,
  (name, v) => `config: {${name}: '${v}', retries: 3}`,
];

function upper(name: string): string {
  return name.toUpperCase();
}

/** Lines as a program may log them, each with a value drawn from the rule's pattern. */
export function secretLine(rule: GitleaksRule, random: Random): SecretLine {
  const { text, groups } = sampleOf(rule, random);
  const group = rule.group === undefined ? groups.slice(1).find(isFilled) : groups[rule.group];
  const [from, to] = group ?? [0, text.length];
  const secret = text.slice(from, to);
  const name = nameOf(rule, random);
  if (name !== undefined) {
    if (text.startsWith(secret)) return { id: rule.id, line: pick(random, VALUE)(secret, name), secret };
    const usual = /[a-z]/.test(name) ? NAMES.slice(1) : [NAMES[0], NAMES[1]];
    const frame = pick(random, usual);
    return { id: rule.id, line: frame?.(name, secret) ?? '', secret };
  }
  const isPlain = text.trim().startsWith(secret) && /^[\w.~:@%+/|=-]+$/.test(secret);
  const about = rule.keywords.some((word) => text.toLowerCase().includes(word))
    ? 'calling upstream'
    : `calling ${rule.keywords[0] ?? 'upstream'}`;
  if (isPlain) return { id: rule.id, line: pick(random, VALUE)(secret, about), secret };
  return { id: rule.id, line: pick(random, TEXT)(text, about), secret };
}

const samplers = new Map<string, readonly [PatternSampler, RE2JS]>();

/** A sample that the rule itself finds as it stands: places such as word borders are not drawn. */
function sampleOf(rule: GitleaksRule, random: Random): Sample {
  const [sampler, pattern] = samplers.get(rule.id) ?? [
    new PatternSampler(rule.pattern),
    RE2JS.compile(rule.pattern),
  ];
  samplers.set(rule.id, [sampler, pattern]);
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    const sample = sampler.sample(random);
    if (pattern.matcher(sample.text).find() && !isAllowed(rule, sample)) return sample;
  }
  throw new Error(`${rule.id}: nothing drawn matches`);
}

/** What gitleaks itself leaves: too little entropy for a value that only a name tells, or no digit in it. */
function isAllowed(rule: GitleaksRule, { text, groups }: Sample): boolean {
  if (rule.id === 'vault-service-token') return /^s\.[A-Za-z]{24}/.test(text);
  if (rule.id !== 'generic-api-key') return false;
  const value = text.slice(...(groups[1] ?? [0, 0]));
  return !/\d/.test(value) || entropyOf(value) < 3.5;
}

function entropyOf(text: string): number {
  const shares = [...new Set(text)].map((c) => (text.split(c).length - 1) / text.length);
  return -shares.reduce((sum, share) => sum + share * Math.log2(share), 0);
}

/** A service's name as the rule's pattern has it; undefined for a value with a mark of its own. */
function nameOf(rule: GitleaksRule, random: Random): string | undefined {
  const from = rule.pattern.lastIndexOf(LEAD);
  if (from < 0) return undefined;
  const names = rule.pattern.slice(from + LEAD.length, rule.pattern.indexOf(BEHIND));
  return new PatternSampler(names).sample(random).text.replace(/,$/, '');
}

function isFilled(group: readonly [number, number] | undefined): group is readonly [number, number] {
  return group !== undefined && group[1] > group[0];
}
