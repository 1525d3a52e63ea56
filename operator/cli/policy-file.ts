import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { CodedError } from '../../crds/errors.ts';
import { validateSpec } from '../../crds/generated/validators.js';
import type { Policy } from '../../crds/v1alpha1/spec.ts';
import { BUILT_IN_POLICY } from '../judge/index.ts';
import type { EffectivePolicy } from '../model.ts';

/**
 * Reads a policy: YAML or JSON with fields of `spec.policy`, checked as the API server would.
 * @throws `CONFIG_INVALID` naming the file and the field.
 */
export async function readPolicy(path: string): Promise<EffectivePolicy> {
  const invalid = (what: string, cause?: unknown): CodedError =>
    new CodedError('CONFIG_INVALID', `${path}: ${what}`, { cause });
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw invalid('cannot be read', cause);
  }
  let value: unknown;
  try {
    value = parse(text) ?? {};
  } catch (cause) {
    throw invalid('is neither YAML nor JSON', cause);
  }
  const spec = { policy: value };
  if (!isSpecWithPolicy(spec)) {
    const [first] = validateSpec.errors ?? [];
    const field = (first?.instancePath ?? '').replace(/^\/policy\/?/, '').replaceAll('/', '.');
    throw invalid([field, describe(first)].filter((part) => part !== '').join(' '));
  }
  return { ...BUILT_IN_POLICY, ...spec.policy };
}

function isSpecWithPolicy(spec: { policy: unknown }): spec is { policy: Policy } {
  return validateSpec(spec);
}

function describe(
  error: { message?: string | undefined; params?: Record<string, unknown> } | undefined,
): string {
  const { message = 'is not valid', params = {} } = error ?? {};
  if (typeof params['additionalProperty'] === 'string')
    return `unknown field ${params['additionalProperty']}`;
  if (Array.isArray(params['allowedValues'])) return `must be one of ${params['allowedValues'].join(', ')}`;
  return message;
}
