import { CodedError } from '../../crds/errors.ts';
import { validateSpec } from '../../crds/generated/validators.js';
import type { CanaryAnalysisSpec, Reviewer } from '../../crds/v1alpha1/spec.ts';
import { qualifyHost } from './agent-url.ts';
import type { Dialect } from './dialects.ts';
import { configDigest } from './digest.ts';
import { FIELDS, type FieldGroup, groupOf, nearestName } from './fields.ts';
import { checkAndCoerce, kindOf, unknownField } from './violations.ts';

/** What a configuration is read against. */
export interface ConfigContext {
  /** The AnalysisRun's namespace; undefined where there is none to compare `namespace` with. */
  readonly namespace: string | undefined;
  /** The Rollouts controller's namespace: where an agent's one-label host lives. */
  readonly controllerNamespace: string;
}

/** The part of a CanaryAnalysis' spec that a configuration decides. */
export type ConfiguredSpec = Omit<CanaryAnalysisSpec, 'measurement' | 'rolloutRef' | 'cancelled'>;

/** A configuration, understood. */
export interface ResolvedConfig {
  readonly dialect: Dialect;
  readonly spec: ConfiguredSpec;
  /** Sentences for the log and for the analysis: what works, but not as written. */
  readonly warnings: readonly string[];
  /** SHA-256 (hex) of the spec's canonical JSON. */
  readonly digest: string;
}

/** Legacy configurations wait this long for evidence: what their users are used to. Seconds. */
const LEGACY_WAIT_SECONDS = 30;

type Fields = Readonly<Record<string, unknown>>;
type Draft = { spec: ConfiguredSpec; origins: Map<string, string>; warnings: string[] };

/**
 * Reads the JSON of `metric.provider.plugin[NAME]`: the fields of either metric-ai plugin or this project's own, which
 * may stand beside them and win.
 * @throws CodedError `CONFIG_INVALID` that names the field, what it must be and what to do; it never quotes a value.
 */
export function readConfig(raw: Uint8Array, context: ConfigContext): ResolvedConfig {
  const config = withoutEmpty(parse(raw));
  refuseUnknown(config);
  const dialect = dialectOf(config);
  const draft: Draft = { spec: {}, origins: new Map(), warnings: [] };
  addCommon(draft, config);
  if (dialect === 'v0') addV0(draft, config, context);
  if (dialect === 'v1') addV1(draft, config, context);
  const spec = withNative(draft, config);
  const problem = checkAndCoerce(spec, validateSpec, draft.origins);
  if (problem !== undefined) throw invalid(problem);
  return { dialect, spec, warnings: draft.warnings, digest: configDigest(spec) };
}

function parse(raw: Uint8Array): Fields {
  let value: unknown;
  try {
    value = raw.length === 0 ? null : JSON.parse(new TextDecoder().decode(raw));
  } catch {
    throw invalid('the plugin configuration is not JSON: write it as a YAML mapping of fields');
  }
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw invalid(`the plugin configuration must be a mapping of fields, not ${kindOf(value)}`);
  }
  return value as Fields;
}

/** Go reads null and an absent string alike, and unset template arguments arrive as empty strings. */
function withoutEmpty(config: Fields): Fields {
  const kept = Object.entries(config).filter(
    ([name, value]) =>
      value !== null && !(value === '' && groupOf(name) !== 'native' && groupOf(name) !== undefined),
  );
  if (Object.hasOwn(config, 'agentUrl') && !kept.some(([name]) => name === 'agentUrl'))
    throw agentUrlMissing();
  return Object.fromEntries(kept);
}

function refuseUnknown(config: Fields): void {
  const unknown = Object.keys(config).find((name) => groupOf(name) === undefined);
  if (unknown !== undefined) throw invalid(unknownField(unknown, ''));
}

function dialectOf(config: Fields): Dialect {
  const given = (group: FieldGroup): string[] =>
    Object.keys(config).filter((name) => groupOf(name) === group);
  const [v0, v1, chaos] = [given('v0'), given('v1'), given('chaos')];
  const [chaosField] = chaos;
  if (chaosField !== undefined && !chaos.includes('chaosExperimentCRD')) throw strayChaos(chaosField);
  const spoken = [
    ...(v0.length > 0 ? [`metric-ai v0 (${v0.join(', ')})`] : []),
    ...(v1.length > 0 ? [`metric-ai v1 (${v1.join(', ')})`] : []),
    ...(chaos.length > 0 ? [`chaos-mesh (${chaos.join(', ')})`] : []),
  ];
  if (spoken.length > 1) {
    throw invalid(`fields of two plugin versions are mixed: ${spoken.join(' and ')}; keep those of one`);
  }
  if (chaos.length > 0) {
    throw invalid(
      'chaos experiments (chaosExperimentCRD) are not yet supported by this version of the plugin: remove the field',
    );
  }
  if (v1.length > 0) {
    if (!v1.includes('agentUrl')) throw agentUrlMissing();
    return 'v1';
  }
  if (v0.length > 0) return 'v0';
  return given('native').length > 0 ? 'native' : 'default';
}

function strayChaos(field: string): CodedError {
  const nearest = nearestName(field, Object.keys(FIELDS.native));
  const advice = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
  return invalid(
    `${field} belongs to a chaos experiment and means nothing without chaosExperimentCRD${advice}`,
  );
}

function addCommon(draft: Draft, config: Fields): void {
  const extraPrompt = text(config, 'extraPrompt');
  const url = text(config, 'githubUrl');
  const baseBranch = text(config, 'baseBranch');
  if (extraPrompt !== undefined) draft.spec.extraPrompt = extraPrompt;
  if (url !== undefined) {
    draft.spec.gitHub = { url, ...(baseBranch === undefined ? {} : { baseBranch }) };
    draft.origins.set('/gitHub/url', 'githubUrl').set('/gitHub/baseBranch', 'baseBranch');
  } else if (baseBranch !== undefined && config['gitHub'] === undefined) {
    draft.warnings.push(
      'Skipping GitHub issue creation (githubUrl not configured): baseBranch has no effect without it',
    );
  } else if (baseBranch !== undefined) {
    draft.spec.gitHub = { baseBranch } as NonNullable<ConfiguredSpec['gitHub']>;
    draft.origins.set('/gitHub/baseBranch', 'baseBranch');
  }
}

function addV0(draft: Draft, config: Fields, context: ConfigContext): void {
  const model = text(config, 'model');
  const namespace = text(config, 'namespace');
  const podName = text(config, 'podName');
  if (namespace !== undefined && namespace !== (context.namespace ?? namespace)) {
    throw invalid(
      `namespace must be the AnalysisRun's own, ${context.namespace}: leave the field out, or run the analysis where the pods are`,
    );
  }
  const gemini: Reviewer = { gemini: model === undefined ? {} : { model } };
  const mode = text(config, 'analysisMode') ?? 'default';
  if (mode !== 'default' && mode !== 'agent') throw invalid('analysisMode must be one of "default", "agent"');
  const complete = namespace !== undefined && podName !== undefined;
  if (mode === 'agent' && !complete) {
    draft.warnings.push('Agent mode requires namespace and podName: falling back to default mode');
  }
  const agent = mode === 'agent' && complete;
  draft.spec.reviewers = agent ? [{ a2a: {} }, gemini] : [gemini];
  draft.origins.set(`/reviewers/${agent ? 1 : 0}/gemini/model`, 'model').set('/canary/podName', 'podName');
  addSelectors(draft, config, 'stablePodLabel', 'canaryPodLabel');
  if (podName !== undefined) draft.spec.canary = { ...draft.spec.canary, podName };
}

function addV1(draft: Draft, config: Fields, context: ConfigContext): void {
  const url = qualifyHost(text(config, 'agentUrl') ?? '', context.controllerNamespace);
  draft.spec.reviewers = [{ a2a: { url } }];
  draft.spec.policy = { onReviewerUnavailable: 'Error' };
  draft.origins.set('/reviewers/0/a2a/url', 'agentUrl');
  addSelectors(draft, config, 'stableLabel', 'canaryLabel');
}

function addSelectors(draft: Draft, config: Fields, stableField: string, canaryField: string): void {
  const stable = text(config, stableField);
  const canary = text(config, canaryField);
  if (stable !== undefined) draft.spec.stable = { selector: stable };
  if (canary !== undefined) draft.spec.canary = { selector: canary };
  draft.origins.set('/stable/selector', stableField).set('/canary/selector', canaryField);
  draft.spec.observation = { waitSeconds: LEGACY_WAIT_SECONDS };
}

/** The native fields over the draft: objects field by field, lists whole. What they replace is no longer another field's. */
function withNative(draft: Draft, config: Fields): ConfiguredSpec {
  const spec: Record<string, unknown> = { ...draft.spec };
  for (const [name, value] of Object.entries(config)) {
    if (groupOf(name) !== 'native') continue;
    const merged = isObject(value) && isObject(spec[name]) ? { ...spec[name], ...value } : value;
    spec[name] = merged;
    for (const pointer of draft.origins.keys()) {
      const [, owner, member] = pointer.split('/');
      if (owner === name && (!isObject(value) || (member !== undefined && Object.hasOwn(value, member)))) {
        draft.origins.delete(pointer);
      }
    }
  }
  return structuredClone(spec);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A string field of the earlier plugins. */
function text(config: Fields, name: string): string | undefined {
  const value = config[name];
  if (value === undefined || typeof value === 'string') return value;
  throw invalid(`${name} must be a string, not ${kindOf(value)}: put it in quotes`);
}

function agentUrlMissing(): CodedError {
  return invalid(
    'agentUrl is required in plugin configuration: add the URL of the agent, e.g. http://kubernetes-agent:8080',
  );
}

function invalid(message: string): CodedError {
  return new CodedError('CONFIG_INVALID', message);
}
