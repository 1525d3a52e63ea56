import type { Environment } from '../goplugin/handshake.ts';

/** What the earlier plugins read from the Rollouts controller's environment and the operator reads from its own now. */
const OPERATOR_KEYS = ['GOOGLE_API_KEY', 'GITHUB_TOKEN', 'AUTO_PR_ENABLED', 'K8S_AGENT_URL'];
const OPERATOR_PREFIX = 'OPENAI_';

/** The names, sorted, of variables that have no effect here because they belong to the operator. */
export function misplacedKeys(env: Environment): string[] {
  return Object.keys(env)
    .filter((key) => OPERATOR_KEYS.includes(key) || key.startsWith(OPERATOR_PREFIX))
    .sort();
}
