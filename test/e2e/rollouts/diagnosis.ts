import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import type { KubeObject } from '../../lab/kubernetes.ts';
import { collectionPath } from '../../lab/object-path.ts';
import type { Stage } from './stage.ts';

const LINES = 25;
const KINDS = [
  ['argoproj.io/v1alpha1', 'Rollout'],
  ['argoproj.io/v1alpha1', 'Experiment'],
  ['argoproj.io/v1alpha1', 'AnalysisRun'],
  ['metric-ai.argoproj-labs.io/v1alpha1', 'CanaryAnalysis'],
] as const;

/** What a person needs to see why a rollout in a namespace did not go as told. */
export async function diagnose({ lab, controller, operator }: Stage, namespace: string): Promise<string> {
  const sections: string[] = [];
  for (const [apiVersion, kind] of KINDS) {
    const path = collectionPath({ apiVersion, kind, metadata: { namespace, name: '' } });
    const { items } = await lab.client.list(path);
    for (const { metadata, status } of items)
      sections.push(`${kind} ${metadata.name}\n${stringify(status ?? {}, { lineWidth: 160 })}`);
  }
  const pods = await lab.kubectl(['get', 'pods', '--namespace', namespace, '--output=wide']);
  const ofController = (await readFile(controller.logFile, 'utf8'))
    .split('\n')
    .filter((line) => line.includes(namespace) && !line.includes('[DEBUG]'));
  const ofOperator = operator.log
    .map((line) => JSON.stringify(line))
    .filter((line) => line.includes(namespace));
  sections.push(
    `Pods\n${pods}`,
    `Controller and plugin\n${tail(ofController)}`,
    `Operator\n${tail(ofOperator)}`,
  );
  return `\n--- ${namespace} ---\n${sections.join('\n')}\n`;
}

/** The plural's path for one object, for messages. */
export function nameOf({ kind, metadata }: Pick<KubeObject, 'kind' | 'metadata'>): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`;
}

function tail(lines: readonly string[]): string {
  return lines
    .slice(-LINES)
    .map((line) => line.slice(0, 600))
    .join('\n');
}
