import type { ChangeItem } from '../model.ts';
import type { ContainerSpec, EnvVar, PodTemplateSpec, Probe, VolumeSpec } from './pod-object.ts';

/** Longest text of one side of a {@link ChangeItem}, in characters. */
const MAX_TEXT = 256;

/** What a template has to say: path → text that may be shown, and a hidden part that is only compared. */
type Facts = Map<string, { readonly shown: string; readonly hidden?: string }>;

/**
 * The differences of two pod templates that can explain a difference in behaviour: images, commands, environment
 * variable *names*, resources, ports, probes, and the names of ConfigMaps, Secrets and claims. Empty when a side is
 * not known. Ordered by path. An environment variable whose value differs is named; neither value is.
 * `redact` is applied to every text, for commands and probes may hold secrets.
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
  return paths.flatMap((path): ChangeItem[] => {
    const b = before.get(path);
    const a = after.get(path);
    if (b !== undefined && a !== undefined && b.shown === a.shown) {
      return b.hidden === a.hidden ? [] : [{ path, before: b.shown, after: `${a.shown} (changed)` }];
    }
    return [
      {
        path,
        ...(b === undefined ? {} : { before: show(b.shown) }),
        ...(a === undefined ? {} : { after: show(a.shown) }),
      },
    ];
  });
}

function facts(template: PodTemplateSpec): Facts {
  const out: Facts = new Map();
  const spec = template.spec ?? {};
  if (spec.serviceAccountName) out.set('serviceAccountName', { shown: spec.serviceAccountName });
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
    if (source.configMapRef?.name) set(`envFrom[ConfigMap/${source.configMapRef.name}]`, 'present');
    if (source.secretRef?.name) set(`envFrom[Secret/${source.secretRef.name}]`, 'present');
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
  for (const source of volume.projected?.sources ?? []) {
    if (source.configMap?.name) names.push(`ConfigMap/${source.configMap.name}`);
    if (source.secret?.name) names.push(`Secret/${source.secret.name}`);
  }
  return names.join(', ');
}

function probeText(probe: Probe | undefined): string | undefined {
  if (probe === undefined) return undefined;
  const { httpGet, tcpSocket, grpc, exec } = probe;
  const what = httpGet
    ? `${(httpGet.scheme ?? 'HTTP').toLowerCase()} ${httpGet.path ?? '/'} on ${httpGet.port}`
    : tcpSocket
      ? `tcp ${tcpSocket.port}`
      : grpc
        ? `grpc ${grpc.port} ${grpc.service ?? ''}`.trimEnd()
        : `exec ${exec?.command?.join(' ') ?? ''}`.trimEnd();
  const timing = [
    ['delay', probe.initialDelaySeconds ?? 0, 's'],
    ['period', probe.periodSeconds ?? 10, 's'],
    ['timeout', probe.timeoutSeconds ?? 1, 's'],
    ['success', probe.successThreshold ?? 1, ''],
    ['failure', probe.failureThreshold ?? 3, ''],
  ].map(([name, value, unit]) => `${name}=${value}${unit}`);
  return `${what} ${timing.join(' ')}`;
}
