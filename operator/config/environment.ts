import { CodedError } from '../../crds/errors.ts';
import { given } from './given.ts';
import type { OperatorConfig } from './types.ts';

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the agent is when nobody says otherwise. */
export const DEFAULT_AGENT_URL = 'http://kubernetes-agent.argo-rollouts.svc.cluster.local:8080';
/** Where Gemini is when nobody says otherwise. */
export const DEFAULT_GEMINI_URL = 'https://generativelanguage.googleapis.com';
/** Where an OpenAI-compatible server is when nobody says otherwise. */
export const DEFAULT_OPENAI_URL = 'https://api.openai.com/v1';

/**
 * The configuration with the documented environment variables over it; an empty variable counts as unset.
 * @throws CodedError `CONFIG_INVALID` for `AUTO_PR_ENABLED` that is neither true nor false.
 */
export function withEnvironment(config: OperatorConfig, env: Environment): OperatorConfig {
  const logLevel = levelName(value(env, 'LOG_LEVEL'));
  const agent = value(env, 'K8S_AGENT_URL') ?? config.reviewers?.a2a?.url ?? DEFAULT_AGENT_URL;
  const openAI = {
    ...config.reviewers?.openAI,
    ...given('baseURL', value(env, 'OPENAI_BASE_URL')),
    ...given('model', value(env, 'OPENAI_MODEL')),
  };
  const pullRequest = flag(env, 'AUTO_PR_ENABLED');
  return {
    ...config,
    ...given('logLevel', logLevel),
    reviewers: {
      ...config.reviewers,
      a2a: { ...config.reviewers?.a2a, url: agent },
      ...(Object.keys(openAI).length === 0 ? {} : { openAI }),
    },
    gitHub: { ...config.gitHub, ...given('pullRequest', pullRequest) },
  } as OperatorConfig;
}

/** A level as the configuration spells it: in lower case, and `warning` is `warn`. */
export function levelName(text: string | undefined): string | undefined {
  const level = text?.toLowerCase();
  return level === 'warning' ? 'warn' : level;
}

/** A variable; undefined when it is unset or empty. */
export function value(env: Environment, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === undefined || text === '' ? undefined : text;
}

function flag(env: Environment, name: string): boolean | undefined {
  const text = value(env, name)?.toLowerCase();
  if (text === undefined) return undefined;
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw new CodedError('CONFIG_INVALID', `${name} must be true or false`);
}
