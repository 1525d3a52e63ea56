import { builtInPrinters } from './built-in-printers.ts';
import { columnPrinter, namePrinter } from './printer.ts';
import type { ResourceType } from './resource-type.ts';

type Shape = Partial<ResourceType> & Pick<ResourceType, 'group' | 'version' | 'kind' | 'plural'>;

/** The resource types that are served from the start; everything else comes with a CustomResourceDefinition. */
export function builtInTypes(): ResourceType[] {
  return [...coreTypes(), ...groupedTypes(), ...rolloutsTypes()].map(resourceType);
}

function coreTypes(): Shape[] {
  const core = { group: '', version: 'v1' };
  const eventFields = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];
  return [
    {
      ...core,
      kind: 'Pod',
      plural: 'pods',
      shortNames: ['po'],
      categories: ['all'],
      statusSubresource: true,
      generation: true,
      subresources: ['log', 'binding'],
      fieldSelectors: [
        'spec.nodeName',
        'spec.restartPolicy',
        'spec.schedulerName',
        'spec.serviceAccountName',
        'status.phase',
        'status.podIP',
      ],
    },
    {
      ...core,
      kind: 'Event',
      plural: 'events',
      shortNames: ['ev'],
      fieldSelectors: [
        ...eventFields.map((field) => `involvedObject.${field}`),
        'reason',
        'type',
        'reportingComponent',
        'source',
      ],
    },
    { ...core, kind: 'ConfigMap', plural: 'configmaps', shortNames: ['cm'] },
    { ...core, kind: 'Secret', plural: 'secrets', fieldSelectors: ['type'] },
    {
      ...core,
      kind: 'Namespace',
      plural: 'namespaces',
      shortNames: ['ns'],
      namespaced: false,
      statusSubresource: true,
      fieldSelectors: ['status.phase'],
    },
    {
      ...core,
      kind: 'Node',
      plural: 'nodes',
      shortNames: ['no'],
      namespaced: false,
      statusSubresource: true,
      fieldSelectors: ['spec.unschedulable'],
    },
    {
      ...core,
      kind: 'Service',
      plural: 'services',
      shortNames: ['svc'],
      categories: ['all'],
      statusSubresource: true,
    },
    {
      ...core,
      kind: 'ServiceAccount',
      plural: 'serviceaccounts',
      shortNames: ['sa'],
      subresources: ['token'],
    },
  ];
}

function groupedTypes(): Shape[] {
  const apps = {
    group: 'apps',
    version: 'v1',
    categories: ['all'],
    statusSubresource: true,
    generation: true,
  };
  return [
    {
      ...apps,
      kind: 'ReplicaSet',
      plural: 'replicasets',
      shortNames: ['rs'],
      fieldSelectors: ['status.replicas'],
    },
    { ...apps, kind: 'Deployment', plural: 'deployments', shortNames: ['deploy'] },
    { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases' },
    {
      group: 'apiextensions.k8s.io',
      version: 'v1',
      kind: 'CustomResourceDefinition',
      plural: 'customresourcedefinitions',
      shortNames: ['crd', 'crds'],
      namespaced: false,
      statusSubresource: true,
      generation: true,
    },
  ];
}

/** As the manifests of Argo Rollouts 1.10 define them: only Rollout has a status subresource. */
function rolloutsTypes(): Shape[] {
  const rollouts = { group: 'argoproj.io', version: 'v1alpha1', custom: true, generation: true };
  const ageColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };
  const phase = { name: 'Status', type: 'string', jsonPath: '.status.phase' };
  const count = (name: string, jsonPath: string) => ({ name, type: 'integer', jsonPath });
  return [
    {
      ...rollouts,
      kind: 'Rollout',
      plural: 'rollouts',
      shortNames: ['ro'],
      statusSubresource: true,
      printer: columnPrinter([
        count('Desired', '.spec.replicas'),
        count('Current', '.status.replicas'),
        count('Up-to-date', '.status.updatedReplicas'),
        count('Available', '.status.availableReplicas'),
        ageColumn,
      ]),
    },
    {
      ...rollouts,
      kind: 'AnalysisRun',
      plural: 'analysisruns',
      shortNames: ['ar'],
      printer: columnPrinter([phase, ageColumn]),
    },
    {
      ...rollouts,
      kind: 'Experiment',
      plural: 'experiments',
      shortNames: ['exp'],
      printer: columnPrinter([phase, ageColumn]),
    },
    {
      ...rollouts,
      kind: 'AnalysisTemplate',
      plural: 'analysistemplates',
      shortNames: ['at'],
      printer: columnPrinter([ageColumn]),
    },
  ];
}

function resourceType(shape: Shape): ResourceType {
  return {
    listKind: `${shape.kind}List`,
    singular: shape.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: true,
    statusSubresource: false,
    generation: false,
    fieldSelectors: [],
    subresources: [],
    printer: builtInPrinters[shape.kind] ?? namePrinter,
    custom: false,
    ...shape,
  };
}
