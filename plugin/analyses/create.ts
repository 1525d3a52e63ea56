import { ApiError } from '../../crds/client/api-error.ts';
import type { Clock } from '../../crds/client/clock.ts';
import { objectKey } from '../../crds/client/resource.ts';
import type { ResourceClient } from '../../crds/client/resource-client.ts';
import { retry } from '../../crds/client/retry.ts';
import { CodedError, isCoded } from '../../crds/errors.ts';
import { type CanaryAnalysis, GROUP, PLURAL } from '../../crds/v1alpha1/canary-analysis.ts';
import { ANNOTATION_CONFIG_DIGEST } from '../../crds/v1alpha1/labels.ts';
import type { Refusal } from './refusal.ts';

/** What came of a create: the object as stored, or why there is none. */
export type Created = { readonly analysis: CanaryAnalysis } | { readonly refusal: Refusal };

/** How {@link createAnalysis} behaves; all but the client optional. */
export interface CreateOptions {
  readonly client: Pick<ResourceClient<CanaryAnalysis>, 'create' | 'get'>;
  /** Ends the tries at once. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** How long no answer, 429 and 5xx are tried again under the same name. */
const CREATE_BUDGET_MS = 8_000;

/**
 * Creates the analysis once, however often it is asked to: an object of the same name is the same analysis when it
 * belongs to the same AnalysisRun (by UID) and asks the same (by digest), so a repeated call is harmless.
 * @throws CodedError `ABORTED` when the signal fired; everything else is a refusal.
 */
export async function createAnalysis(wanted: CanaryAnalysis, options: CreateOptions): Promise<Created> {
  const { client, ...rest } = options;
  try {
    const analysis = await retry((signal) => createOrFind(wanted, client, signal), {
      ...rest,
      budgetMs: CREATE_BUDGET_MS,
      retryable: (error) => isCoded(error, 'API_UNREACHABLE') || isCoded(error, 'API_THROTTLED'),
    });
    return isSame(analysis, wanted) ? { analysis } : { refusal: nameTaken(wanted) };
  } catch (error) {
    if (!isCoded(error) || error.code === 'ABORTED') throw error;
    return { refusal: refusalOf(error, wanted) };
  }
}

async function createOrFind(
  wanted: CanaryAnalysis,
  client: CreateOptions['client'],
  signal: AbortSignal,
): Promise<CanaryAnalysis> {
  try {
    return await client.create(wanted, { signal, fieldValidation: 'Strict' });
  } catch (error) {
    if (!isCoded(error, 'API_ALREADY_EXISTS')) throw error;
  }
  try {
    return await client.get(wanted.metadata, { signal });
  } catch (error) {
    if (!isCoded(error, 'API_NOT_FOUND')) throw error;
    const message = `CanaryAnalysis ${objectKey(wanted.metadata)} was deleted while it was looked at`;
    throw new CodedError('API_UNREACHABLE', message, { cause: error });
  }
}

function isSame(found: CanaryAnalysis, wanted: CanaryAnalysis): boolean {
  return (
    found.spec.measurement?.analysisRunUID === wanted.spec.measurement?.analysisRunUID &&
    found.metadata.annotations?.[ANNOTATION_CONFIG_DIGEST] ===
      wanted.metadata.annotations?.[ANNOTATION_CONFIG_DIGEST]
  );
}

function nameTaken(wanted: CanaryAnalysis): Refusal {
  return {
    reason: 'NameTaken',
    message:
      `a CanaryAnalysis ${objectKey(wanted.metadata)} exists that belongs to another AnalysisRun or asks something else: ` +
      'delete it, or rename the metric',
  };
}

function refusalOf(error: CodedError, wanted: CanaryAnalysis): Refusal {
  const said = error.message;
  if (error instanceof ApiError && error.resourceTypeMissing) {
    return {
      reason: 'NotInstalled',
      message: `the resource ${PLURAL}.${GROUP} is not installed in this cluster: apply its CustomResourceDefinition`,
    };
  }
  if (isCoded(error, 'API_INVALID') && /unknown field/.test(said)) {
    return {
      reason: 'UpgradeNeeded',
      message: `the installed CustomResourceDefinition ${PLURAL}.${GROUP} is older than this plugin: upgrade the CRD (${said})`,
    };
  }
  if (isCoded(error, 'API_UNREACHABLE') || isCoded(error, 'API_THROTTLED')) {
    return {
      reason: 'ApiServerUnavailable',
      message: `CanaryAnalysis ${objectKey(wanted.metadata)} could not be created within ${CREATE_BUDGET_MS / 1000} s: ${said}`,
    };
  }
  return { reason: 'CreateRefused', message: `${said}${adviceFor(error)}` };
}

/** The stock controller's account; a refusal by RBAC names the real one. */
const STOCK_ACCOUNT = 'system:serviceaccount:argo-rollouts:argo-rollouts';

function adviceFor(error: CodedError): string {
  if (!isCoded(error, 'API_FORBIDDEN') && !isCoded(error, 'API_UNAUTHORIZED')) return '';
  const account = /User "([^"]+)"/.exec(error.message)?.[1] ?? STOCK_ACCOUNT;
  return `; apply the ClusterRole canary-analysis-plugin and bind it to the Rollouts controller's account, ${account}`;
}
