import { setTimeout as sleep } from 'node:timers/promises';
import { ANNOTATION_WAKE } from '../../../crds/v1alpha1/labels.ts';
import { LabApiError } from '../../lab/lab-client.ts';
import type { AnalysisRun } from '../../lab/rollouts/objects.ts';
import type { ScenarioWorkload } from './scenario-workload.ts';

/** What the API server says then. */
export const REFUSAL = 'no wakes here';

/**
 * Makes the API server refuse every wake of a workload's AnalysisRuns, and nothing else, by an admission policy; returns when
 * that is in force. What comes back lifts it.
 */
export async function refuseWakes(
  workload: ScenarioWorkload,
  { metadata }: AnalysisRun,
): Promise<() => Promise<void>> {
  const { namespace, signal, environment } = workload;
  const { lab } = environment;
  const policy = JSON.stringify(policyFor(namespace));
  await lab.kubectl(['apply', '--filename=-'], policy);
  const path = `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/analysisruns/${metadata.name}?dryRun=All`;
  const wake = { metadata: { annotations: { [ANNOTATION_WAKE]: 'a dry run' } } };
  while (await isAllowed(lab.client.patch(path, wake))) await sleep(100, undefined, { signal });
  return async () => void (await lab.kubectl(['delete', '--filename=-'], policy));
}

async function isAllowed(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (error instanceof LabApiError && error.message.includes(REFUSAL)) return false;
    throw error;
  }
}

function policyFor(namespace: string) {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const name = `no-wakes-in-${namespace}`;
  const key = JSON.stringify(ANNOTATION_WAKE);
  const policy = {
    apiVersion,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: ['argoproj.io'],
            apiVersions: ['v1alpha1'],
            operations: ['UPDATE'],
            resources: ['analysisruns'],
          },
        ],
      },
      validations: [
        {
          expression: `!has(object.metadata.annotations) || !(${key} in object.metadata.annotations)`,
          message: REFUSAL,
        },
      ],
    },
  };
  const binding = {
    apiVersion,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: {
      policyName: name,
      validationActions: ['Deny'],
      matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } },
    },
  };
  return { apiVersion: 'v1', kind: 'List', items: [policy, binding] };
}
