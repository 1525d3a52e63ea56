import type { ContainerSpec, PodObject, PodSpec, PodTemplateSpec } from '../pods/pod-object.ts';

/**
 * The templates of both sides without the values of environment variables, and without what the judge does not look at.
 * Values that both sides give to a variable become words that tell only whether they are the same.
 */
export function templatesWithoutValues(
  stable: PodTemplateSpec | undefined,
  canary: PodTemplateSpec | undefined,
): { readonly stable?: PodTemplateSpec; readonly canary?: PodTemplateSpec } {
  const before = valuesOf(stable);
  const after = valuesOf(canary);
  const same = (key: string): boolean => before.get(key) === after.get(key);
  return {
    ...(stable === undefined ? {} : { stable: template(stable, () => 'a value') }),
    ...(canary === undefined
      ? {}
      : { canary: template(canary, (key) => (same(key) ? 'a value' : 'another value')) }),
  };
}

type Word = (key: string) => string;

function valuesOf({ spec }: PodTemplateSpec = {}): Map<string, string> {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return new Map(
    containers.flatMap((container) =>
      (container.env ?? []).flatMap(({ name, value }): [string, string][] =>
        value === undefined ? [] : [[`${container.name}/${name}`, value]],
      ),
    ),
  );
}

function template({ metadata, spec }: PodTemplateSpec, word: Word): PodTemplateSpec {
  return {
    ...(metadata?.labels === undefined ? {} : { metadata: { labels: metadata.labels } }),
    ...(spec === undefined ? {} : { spec: withoutValues(spec, word) }),
  };
}

/** A pod likewise: names of variables, no values, no annotations, no managed fields. */
export function podWithoutValues(pod: PodObject): object {
  const {
    name,
    namespace,
    uid,
    creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    labels,
    ownerReferences,
  } = pod.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid,
      creationTimestamp,
      deletionTimestamp,
      deletionGracePeriodSeconds,
      labels,
      ownerReferences,
    },
    ...(pod.spec === undefined ? {} : { spec: withoutValues(pod.spec, () => 'a value') }),
    ...(pod.status === undefined ? {} : { status: pod.status }),
  };
}

function withoutValues(spec: PodSpec, word: Word): PodSpec {
  const { nodeName, serviceAccountName, containers, initContainers, volumes } = spec;
  const each = (container: ContainerSpec): ContainerSpec => withWords(container, word);
  return {
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
    ...(containers === undefined ? {} : { containers: containers.map(each) }),
    ...(initContainers === undefined ? {} : { initContainers: initContainers.map(each) }),
    ...(volumes === undefined ? {} : { volumes }),
  };
}

function withWords({ env, ...container }: ContainerSpec, word: Word): ContainerSpec {
  if (env === undefined) return container;
  return {
    ...container,
    env: env.map(({ name, value, valueFrom }) => ({
      name,
      ...(value === undefined ? {} : { value: word(`${container.name}/${name}`) }),
      ...(valueFrom === undefined ? {} : { valueFrom }),
    })),
  };
}
