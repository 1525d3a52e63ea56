import { CodedError } from '../../crds/errors.ts';
import { DEFAULT_GEMINI_URL, DEFAULT_OPENAI_URL, type Environment, value } from './environment.ts';
import type { OperatorConfig } from './types.ts';

/** A secret and the one origin that may receive it. */
export interface ConfiguredCredential {
  readonly origin: string;
  readonly secret: string;
}

/**
 * The secrets of the operator, each with its origin: Gemini's and OpenAI's keys go to the configured servers alone. For one
 * origin the configuration wins over a documented variable.
 * @param readFile gives the content of a file that a credential names
 * @throws CodedError `CONFIG_INVALID` for a variable that is not set or a file that cannot be read, naming it, never its content.
 */
export async function loadCredentials(
  config: OperatorConfig,
  env: Environment,
  readFile: (path: string) => Promise<string>,
): Promise<ConfiguredCredential[]> {
  const listed = (config.credentials ?? []).map(async (source) => {
    const secret =
      source.env === undefined ? await fromFile(source.file ?? '', readFile) : fromVariable(env, source.env);
    return { origin: new URL(source.origin).origin, secret };
  });
  const known: readonly [name: string, url: string][] = [
    ['GOOGLE_API_KEY', config.reviewers?.gemini?.baseURL ?? DEFAULT_GEMINI_URL],
    ['OPENAI_API_KEY', config.reviewers?.openAI?.baseURL ?? DEFAULT_OPENAI_URL],
  ];
  const documented = known.flatMap(([name, url]) => {
    const secret = value(env, name);
    return secret === undefined ? [] : [{ origin: new URL(url).origin, secret }];
  });
  return [...(await Promise.all(listed)), ...documented];
}

function fromVariable(env: Environment, name: string): string {
  const secret = value(env, name);
  if (secret !== undefined) return secret;
  throw new CodedError('CONFIG_INVALID', `credentials: the environment variable ${name} is not set`);
}

async function fromFile(path: string, readFile: (path: string) => Promise<string>): Promise<string> {
  try {
    const secret = (await readFile(path)).trim();
    if (secret !== '') return secret;
  } catch (error) {
    throw new CodedError('CONFIG_INVALID', `credentials: the file ${path} cannot be read`, { cause: error });
  }
  throw new CodedError('CONFIG_INVALID', `credentials: the file ${path} is empty`);
}
