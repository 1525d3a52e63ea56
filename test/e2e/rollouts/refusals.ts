import { setTimeout as sleep } from 'node:timers/promises';
import { ANNOTATION_WAKE } from '../../../crds/v1alpha1/labels.ts';
import type { KubeObject } from '../../lab/kubernetes.ts';
import { LabApiError } from '../../lab/lab-client.ts';
import { type AnalysisRun, metric } from '../../lab/rollouts/objects.ts';
import type { ScenarioWorkload } from './scenario-workload.ts';

/** What the API server says to what a scenario has it refuse. */
export const REFUSAL = 'refused by a scenario';

/** Allows what was refused. */
export type Lift = () => Promise<void>;

/** What is refused of the AnalysisRuns of a namespace. */
interface Refusal {
  readonly name: string;
  /** In CEL, what holds of every AnalysisRun that is allowed; fields of `object`. */
  readonly allowed: string;
  /** A request that changes nothing and is refused once the policy is in force. */
  readonly probe: () => Promise<unknown>;
}

const PROBE = 'probe-of-a-scenario';

/** Has every wake of a workload's AnalysisRuns refused, and nothing else. */
export async function refuseWakes(
  workload: ScenarioWorkload,
  { metadata: { name } }: AnalysisRun,
): Promise<Lift> {
  const { client } = workload.lab;
  const key = JSON.stringify(ANNOTATION_WAKE);
  const wake = { metadata: { annotations: { [ANNOTATION_WAKE]: 'a dry run' } } };
  return await refuse(workload, {
    name: 'no-wakes',
    allowed: `!has(object.metadata.annotations) || !(${key} in object.metadata.annotations)`,
    probe: () => client.patch(`${runsOf(workload)}/${name}?dryRun=All`, wake),
  });
}

/** Has every measurement refused that Argo Rollouts would store for a workload: what Run answered is lost. */
export async function refuseMeasurements(workload: ScenarioWorkload): Promise<Lift> {
  const { lab, namespace } = workload;
  const probe: KubeObject = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: { namespace, name: PROBE },
    spec: { metrics: [metric({})] },
  };
  return await refuse(workload, {
    name: 'no-measurements',
    allowed: `object.metadata.name != '${PROBE}' && (!has(object.status) || !has(object.status.metricResults))`,
    probe: () => lab.client.create(`${runsOf(workload)}?dryRun=All`, probe),
  });
}

function runsOf({ namespace }: ScenarioWorkload): string {
  return `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/analysisruns`;
}

/** Has the API server refuse by an admission policy; returns when that is in force. */
async function refuse(workload: ScenarioWorkload, refusal: Refusal): Promise<Lift> {
  const { lab, namespace, signal } = workload;
  const policy = JSON.stringify(policyFor(namespace, refusal));
  await lab.kubectl(['apply', '--filename=-'], policy);
  while (await isAllowed(refusal.probe())) await sleep(100, undefined, { signal });
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

function policyFor(namespace: string, { name: what, allowed }: Refusal) {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const name = `${what}-in-${namespace}`;
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
            operations: ['CREATE', 'UPDATE'],
            resources: ['analysisruns', 'analysisruns/status'],
          },
        ],
      },
      validations: [{ expression: allowed, message: REFUSAL }],
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
