import { isCoded } from '../../crds/errors.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { API_VERSION, GROUP, KIND } from '../../crds/v1alpha1/canary-analysis.ts';
import type { EvidenceReference } from '../../crds/v1alpha1/status.ts';
import { decodeSnapshot, encodeSnapshot, SNAPSHOT_KEY, type Snapshot } from '../bundle/index.ts';
import type { ConfigMapObject, Deps } from './deps.ts';
import { timestamp } from './status.ts';

/** When the stored evidence is deleted, RFC 3339. */
export const ANNOTATION_EXPIRES = `${GROUP}/expires`;
const DEFAULT_SECONDS = 7 * 24 * 3600;

/**
 * Stores the evidence of an analysis in a ConfigMap of its namespace, owned by the analysis; one that an earlier try left
 * is replaced.
 * @throws what the API server refused it with; `BUNDLE_INVALID` for evidence that is too large even without templates.
 */
export async function storeEvidence(
  deps: Deps,
  analysis: CanaryAnalysis,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<EvidenceReference> {
  const bytes = encodeSnapshot(snapshot);
  const { namespace = '', name, uid = '' } = analysis.metadata;
  const expires = timestamp(
    deps.clock.now() + (deps.config.history?.evidenceSeconds ?? DEFAULT_SECONDS) * 1000,
  );
  const configMap = evidenceName(name);
  const object: ConfigMapObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: configMap,
      namespace,
      labels: { 'app.kubernetes.io/managed-by': 'canary-analysis' },
      annotations: { [ANNOTATION_EXPIRES]: expires },
      ownerReferences: [{ apiVersion: API_VERSION, kind: KIND, name, uid, controller: true }],
    },
    binaryData: { [SNAPSHOT_KEY]: Buffer.from(bytes).toString('base64') },
  };
  try {
    await deps.configMaps.create(object, { signal });
  } catch (error) {
    if (!isCoded(error, 'API_ALREADY_EXISTS')) throw error;
    const ref = { namespace, name: configMap };
    const before = await deps.configMaps.get(ref, { signal });
    if (!before.metadata.ownerReferences?.some((owner) => owner.uid === uid)) throw error;
    const { annotations = {}, resourceVersion = '' } = before.metadata;
    await deps.configMaps.patch(
      ref,
      {
        metadata: { resourceVersion, annotations: { ...annotations, [ANNOTATION_EXPIRES]: expires } },
        binaryData: object.binaryData ?? {},
      },
      { signal },
    );
  }
  return { configMap, bytes: bytes.length, expires };
}

/**
 * The evidence that an analysis stored; undefined when there is none any more.
 * @throws what the API server answered; `BUNDLE_INVALID` for content that does not decode.
 */
export async function loadEvidence(
  deps: Pick<Deps, 'configMaps'>,
  analysis: CanaryAnalysis,
  signal: AbortSignal,
): Promise<Snapshot | undefined> {
  const name = analysis.status?.evidenceRef?.configMap;
  if (name === undefined) return undefined;
  try {
    const { namespace = '' } = analysis.metadata;
    const { binaryData = {} } = await deps.configMaps.get({ namespace, name }, { signal });
    const content = binaryData[SNAPSHOT_KEY];
    return content === undefined ? undefined : decodeSnapshot(Buffer.from(content, 'base64'));
  } catch (error) {
    if (isCoded(error, 'API_NOT_FOUND')) return undefined;
    throw error;
  }
}

/** Deletes the stored evidence; that it has gone already is as good. */
export async function deleteEvidence(
  deps: Pick<Deps, 'configMaps'>,
  analysis: CanaryAnalysis,
  signal: AbortSignal,
): Promise<void> {
  const name = analysis.status?.evidenceRef?.configMap;
  if (name === undefined) return;
  try {
    await deps.configMaps.delete({ namespace: analysis.metadata.namespace ?? '', name }, { signal });
  } catch (error) {
    if (!isCoded(error, 'API_NOT_FOUND')) throw error;
  }
}

/** Names of analyses are at most 63 characters, those of ConfigMaps 253. */
function evidenceName(analysis: string): string {
  return `${analysis}-evidence`;
}
