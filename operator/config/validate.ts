import { CodedError } from '../../crds/errors.ts';
import { validateConfig } from './generated/validators.js';
import type { OperatorConfig } from './types.ts';

/**
 * Checks a decoded configuration against the schema of {@link OperatorConfig}.
 * @param source what the message calls it, e.g. the file's name
 * @throws CodedError `CONFIG_INVALID` naming every field that is wrong.
 */
export function checkConfig(value: unknown, source: string): OperatorConfig {
  if (validateConfig(value)) return value as OperatorConfig;
  const problems = (validateConfig.errors ?? []).map(({ instancePath, keyword, params, message = '' }) => {
    const where = fieldPath(instancePath);
    if (keyword === 'additionalProperties') {
      return `unknown field ${fieldPath(`${instancePath}/${String(params['additionalProperty'])}`)}`;
    }
    if (keyword === 'enum') return `${where} must be one of ${String(params['allowedValues'])}`;
    if (keyword === 'oneOf') return `${where} must have exactly one of its alternatives set`;
    return `${where} ${message}`;
  });
  throw new CodedError('CONFIG_INVALID', `${source}: ${[...new Set(problems)].join('; ')}`);
}

/** A JSON pointer as people write it: `reviewers.default[0].gemini`. */
function fieldPath(pointer: string): string {
  const path = pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`))
    .join('');
  return path === '' ? 'the configuration' : path.replace(/^\./, '');
}
