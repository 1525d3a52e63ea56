import { GROUP } from './canary-analysis.ts';

/** Set to `true` while an Argo Rollouts measurement waits for the verdict. */
export const LABEL_AWAITED = `${GROUP}/awaited`;
/** The plugin name the analysis was asked for under, with `/` written as `.`: `argoproj-labs.metric-ai`. */
export const LABEL_PLUGIN = `${GROUP}/plugin`;
/** SHA-256 (hex) of the canonical JSON of the resolved configuration: tells whether an existing object answers the same question. */
export const ANNOTATION_CONFIG_DIGEST = `${GROUP}/config-digest`;
/** What of the plugin's configuration works but not as written, one sentence a line. */
export const ANNOTATION_CONFIG_WARNINGS = `${GROUP}/config-warnings`;
/** Patched on an AnalysisRun with a fresh value to make Argo Rollouts ask again. */
export const ANNOTATION_WAKE = `${GROUP}/wake`;
/** Argo Rollouts' label for the revision of ReplicaSets, pods and AnalysisRuns. */
export const LABEL_POD_TEMPLATE_HASH = 'rollouts-pod-template-hash';

/** The value of {@link LABEL_PLUGIN} for a plugin name. */
export function pluginLabel(pluginName: string): string {
  return pluginName.replaceAll('/', '.');
}
