import { LABEL_POD_TEMPLATE_HASH } from '../../crds/v1alpha1/labels.ts';
import type { ChangeItem } from '../model.ts';
import type { ContainerSpec, EnvVar, Handler, PodTemplateSpec, Probe, VolumeSpec } from './pod-object.ts';

/** Longest text of one side of a {@link ChangeItem}, in characters. */
const MAX_TEXT = 256;

/** Items kept at most; the last one then counts the rest. */
const MAX_ITEMS = 200;
/** So much of what is equal is shown before a difference that lies beyond {@link MAX_TEXT}. */
const CONTEXT = 40;

/** What a template has to say: path → text that may be shown, and a hidden part that is only compared. */
type Facts = Map<string, { readonly shown: string; readonly hidden?: string }>;

/**
 * The differences of two pod templates that can explain a difference in behaviour: images, commands, environment
 * variable *names*, resources, ports, probes, hooks, mounts, security contexts, and the names of ConfigMaps, Secrets and
 * claims. Empty when a side is not known. Ordered by path, at most {@link MAX_ITEMS}. An environment variable, label or
 * annotation whose value differs is named; neither value is. `redact` is applied to every text, for commands and probes
 * may hold secrets; of long texts the part with the difference is shown.
 */
export function templateChange(
  stable: PodTemplateSpec | undefined,
  canary: PodTemplateSpec | undefined,
  redact: (text: string) => string,
): ChangeItem[] {
  if (stable === undefined || canary === undefined) return [];
  const before = facts(stable);
  const after = facts(canary);
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  const show = (text: string): string => redact(text).slice(0, MAX_TEXT);
  const items = paths.flatMap((path): ChangeItem[] => {
    const b = before.get(path);
    const a = after.get(path);
    if (b === undefined || a === undefined) {
      return [
        {
          path,
          ...(b === undefined ? {} : { before: show(b.shown) }),
          ...(a === undefined ? {} : { after: show(a.shown) }),
        },
      ];
    }
    if (b.shown === a.shown && b.hidden === a.hidden) return [];
    return [{ path, ...differing(redact(b.shown), redact(a.shown)) }];
  });
  if (items.length <= MAX_ITEMS) return items;
  const kept = items.slice(0, MAX_ITEMS - 1);
  return [...kept, { path: 'more', after: `${items.length - kept.length} further differences` }];
}

/** Both texts cut to where they differ; texts that differ only in what is not shown are told apart by a word. */
function differing(before: string, after: string): { before: string; after: string } {
  if (before === after) {
    const same = before.slice(0, MAX_TEXT);
    return { before: same, after: `${same} (changed)` };
  }
  let at = 0;
  while (before[at] === after[at]) at++;
  const from = at + CONTEXT < MAX_TEXT ? 0 : at - CONTEXT;
  const cut = (text: string): string =>
    from === 0 ? text.slice(0, MAX_TEXT) : `…${text.slice(from, from + MAX_TEXT - 1)}`;
  return { before: cut(before), after: cut(after) };
}

function facts(template: PodTemplateSpec): Facts {
  const out: Facts = new Map();
  const spec = template.spec ?? {};
  const set = (path: string, shown: string | undefined): void => {
    if (shown !== undefined && shown !== '') out.set(path, { shown });
  };
  set('serviceAccountName', spec.serviceAccountName);
  set('terminationGracePeriodSeconds', spec.terminationGracePeriodSeconds?.toString());
  set('runtimeClassName', spec.runtimeClassName);
  set('hostNetwork', spec.hostNetwork === true ? 'true' : undefined);
  set('securityContext', settings(spec.securityContext));
  set('nodeSelector', settings(spec.nodeSelector));
  for (const kind of ['labels', 'annotations'] as const) {
    for (const [name, hidden] of Object.entries(template.metadata?.[kind] ?? {})) {
      if (name !== LABEL_POD_TEMPLATE_HASH)
        out.set(`metadata.${kind}[${name}]`, { shown: 'a value', hidden });
    }
  }
  for (const container of spec.initContainers ?? []) containerFacts(out, 'initContainers', container);
  for (const container of spec.containers ?? []) containerFacts(out, 'containers', container);
  for (const volume of spec.volumes ?? []) {
    const names = volumeNames(volume);
    if (names !== '') out.set(`volumes[${volume.name}]`, { shown: names });
  }
  return out;
}

function containerFacts(out: Facts, list: string, container: ContainerSpec): void {
  const at = `${list}[${container.name}]`;
  const set = (field: string, shown: string | undefined): void => {
    if (shown !== undefined && shown !== '') out.set(`${at}.${field}`, { shown });
  };
  set('image', container.image ?? '(none)');
  set('command', container.command?.join(' '));
  set('args', container.args?.join(' '));
  set('workingDir', container.workingDir);
  set('securityContext', settings(container.securityContext));
  for (const hook of ['postStart', 'preStop'] as const) {
    const handler = container.lifecycle?.[hook];
    set(`lifecycle.${hook}`, handler === undefined ? undefined : handlerText(handler));
  }
  for (const { name, mountPath, subPath, readOnly } of container.volumeMounts ?? []) {
    const part = subPath === undefined ? '' : `, ${subPath}`;
    set(`volumeMounts[${mountPath}]`, `${name}${part}${readOnly === true ? ', read-only' : ''}`);
  }
  set('ports', container.ports?.map((p) => `${p.containerPort}/${p.protocol ?? 'TCP'}`).join(', '));
  for (const kind of ['limits', 'requests'] as const) {
    for (const [resource, quantity] of Object.entries(container.resources?.[kind] ?? {})) {
      set(`resources.${kind}.${resource}`, String(quantity));
    }
  }
  for (const kind of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    set(kind, probeText(container[kind]));
  }
  for (const source of container.envFrom ?? []) {
    const shown = source.prefix === undefined || source.prefix === '' ? 'present' : `prefix ${source.prefix}`;
    if (source.configMapRef?.name) set(`envFrom[ConfigMap/${source.configMapRef.name}]`, shown);
    if (source.secretRef?.name) set(`envFrom[Secret/${source.secretRef.name}]`, shown);
  }
  for (const variable of container.env ?? []) {
    out.set(`${at}.env[${variable.name}]`, {
      shown: envOrigin(variable),
      ...(variable.value === undefined ? {} : { hidden: variable.value }),
    });
  }
}

function envOrigin({ valueFrom }: EnvVar): string {
  if (valueFrom?.configMapKeyRef) {
    return `from ConfigMap/${valueFrom.configMapKeyRef.name}, key ${valueFrom.configMapKeyRef.key}`;
  }
  if (valueFrom?.secretKeyRef) {
    return `from Secret/${valueFrom.secretKeyRef.name}, key ${valueFrom.secretKeyRef.key}`;
  }
  if (valueFrom?.fieldRef) return `from field ${valueFrom.fieldRef.fieldPath}`;
  if (valueFrom?.resourceFieldRef) return `from resource ${valueFrom.resourceFieldRef.resource}`;
  return 'a value';
}

function volumeNames(volume: VolumeSpec): string {
  const names: string[] = [];
  if (volume.configMap?.name) names.push(`ConfigMap/${volume.configMap.name}`);
  if (volume.secret?.secretName) names.push(`Secret/${volume.secret.secretName}`);
  if (volume.persistentVolumeClaim?.claimName) {
    names.push(`PersistentVolumeClaim/${volume.persistentVolumeClaim.claimName}`);
  }
  if (volume.hostPath?.path) names.push(`host path ${volume.hostPath.path}`);
  if (volume.csi?.driver) names.push(`CSI driver ${volume.csi.driver}`);
  for (const source of volume.projected?.sources ?? []) {
    if (source.configMap?.name) names.push(`ConfigMap/${source.configMap.name}`);
    if (source.secret?.name) names.push(`Secret/${source.secret.name}`);
  }
  return names.join(', ');
}

function probeText(probe: Probe | undefined): string | undefined {
  if (probe === undefined) return undefined;
  const timing = [
    ['delay', probe.initialDelaySeconds ?? 0, 's'],
    ['period', probe.periodSeconds ?? 10, 's'],
    ['timeout', probe.timeoutSeconds ?? 1, 's'],
    ['success', probe.successThreshold ?? 1, ''],
    ['failure', probe.failureThreshold ?? 3, ''],
  ].map(([name, value, unit]) => `${name}=${value}${unit}`);
  return `${handlerText(probe)} ${timing.join(' ')}`;
}

function handlerText({ httpGet, tcpSocket, grpc, exec, sleep }: Handler): string {
  if (httpGet) return `${(httpGet.scheme ?? 'HTTP').toLowerCase()} ${httpGet.path ?? '/'} on ${httpGet.port}`;
  if (tcpSocket) return `tcp ${tcpSocket.port}`;
  if (grpc) return `grpc ${grpc.port} ${grpc.service ?? ''}`.trimEnd();
  if (sleep) return `sleep ${sleep.seconds} s`;
  return `exec ${exec?.command?.join(' ') ?? ''}`.trimEnd();
}

/** Members in the order of their names, so that only their values tell them apart. */
function settings(values: object | undefined): string | undefined {
  const entries = Object.entries(values ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return entries
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(', ');
}
