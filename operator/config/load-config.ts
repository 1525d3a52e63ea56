import { parseDocument } from 'yaml';
import { CodedError } from '../../crds/errors.ts';
import { type ConfiguredCredential, loadCredentials } from './credentials.ts';
import { type Environment, levelName, value, withEnvironment } from './environment.ts';
import type { Flags } from './flags.ts';
import type { OperatorConfig } from './types.ts';
import { checkConfig } from './validate.ts';

/** The configuration as it took effect, and the secrets beside it. */
export interface LoadedConfig {
  readonly config: OperatorConfig;
  readonly credentials: readonly ConfiguredCredential[];
  /** `GITHUB_TOKEN`. */
  readonly gitHubToken?: string;
}

/**
 * Puts the configuration together: the file, over it the documented environment variables, over these the flags.
 * @throws CodedError `CONFIG_INVALID` naming the file, variable or flag and the field.
 */
export async function loadConfig(
  flags: Flags,
  env: Environment,
  readFile: (path: string) => Promise<string>,
): Promise<LoadedConfig> {
  const file = flags.config === undefined ? {} : await readConfig(flags.config, readFile);
  const { namespaces, healthPort, metricsPort } = flags;
  const logLevel = levelName(flags.logLevel);
  const over = withEnvironment(file, env);
  const config = checkConfig(
    {
      ...over,
      ...(logLevel === undefined ? {} : { logLevel }),
      ...(namespaces === undefined ? {} : { namespaces }),
      ...(healthPort === undefined ? {} : { health: { ...over.health, port: healthPort } }),
      ...(metricsPort === undefined ? {} : { metrics: { ...over.metrics, port: metricsPort } }),
    },
    'configuration from environment and flags',
  );
  const gitHubToken = value(env, 'GITHUB_TOKEN');
  return {
    config,
    credentials: await loadCredentials(config, env, readFile),
    ...(gitHubToken === undefined ? {} : { gitHubToken }),
  };
}

async function readConfig(
  path: string,
  readFile: (path: string) => Promise<string>,
): Promise<OperatorConfig> {
  let text: string;
  try {
    text = await readFile(path);
  } catch (error) {
    throw new CodedError('CONFIG_INVALID', `--config ${path} cannot be read`, { cause: error });
  }
  return parseConfig(text, path);
}

/**
 * Decodes and checks a configuration file, YAML or JSON; an empty one is an empty configuration.
 * @throws CodedError `CONFIG_INVALID` naming the file, the line or the field.
 */
export function parseConfig(text: string, path: string): OperatorConfig {
  const document = parseDocument(text, { uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = error.linePos?.[0].line;
    throw new CodedError('CONFIG_INVALID', `${path}${line === undefined ? '' : `:${line}`}: ${error.code}`);
  }
  return checkConfig(document.toJS({ maxAliasCount: 10 }) ?? {}, path);
}
