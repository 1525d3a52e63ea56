import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { collectionPath } from '../../lab/object-path.ts';
import type { Environment } from '../../lab/rollouts/environment.ts';
import { REFUSAL } from './refusals.ts';

const LINES = 25;
const TIMESTAMP = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:?\d\d)/;
const KINDS = [
  ['argoproj.io/v1alpha1', 'Rollout'],
  ['argoproj.io/v1alpha1', 'Experiment'],
  ['argoproj.io/v1alpha1', 'AnalysisRun'],
  ['metric-ai.argoproj-labs.io/v1alpha1', 'CanaryAnalysis'],
] as const;

/** What a person needs to see why a rollout in a namespace did not go as told. */
export async function diagnose(
  { lab, controllers, operatorLog }: Environment,
  namespace: string,
): Promise<string> {
  const sections: string[] = [];
  for (const [apiVersion, kind] of KINDS) {
    const path = collectionPath({ apiVersion, kind, metadata: { namespace, name: '' } });
    const { items } = await lab.client.list(path);
    for (const { metadata, status } of items)
      sections.push(`${kind} ${metadata.name}\n${stringify(status ?? {}, { lineWidth: 160 })}`);
  }
  const pods = await lab.kubectl(['get', 'pods', '--namespace', namespace, '--output=wide']);
  const ofController = (await linesOf(controllers)).filter(
    (line) => line.includes(namespace) && !line.includes('[DEBUG]'),
  );
  const ofOperator = operatorLog()
    .map((line) => JSON.stringify(line))
    .filter((line) => line.includes(namespace));
  sections.push(
    `Pods\n${pods}`,
    `Controller and plugin\n${tail(ofController)}`,
    `Operator\n${tail(ofOperator)}`,
  );
  return `\n--- ${namespace} ---\n${sections.join('\n')}\n`;
}

/**
 * What the operator and the plugin logged as an error, and what the API server refused to them, but for wakes that a scenario has
 * refused, and for what an API server refuses that starts: it serves before it has read the roles.
 */
export async function complaints(environment: Environment): Promise<string[]> {
  const { controllers, lab, operatorLog } = environment;
  const ofPlugin = (await linesOf(controllers)).filter(
    (line) =>
      / plugin\.\S+: /.test(line) &&
      /\[ERROR\]|forbidden|API_FORBIDDEN/i.test(line) &&
      !line.includes(REFUSAL),
  );
  const ofOperator = operatorLog()
    .map((line) => ({ level: line.level, text: JSON.stringify(line) }))
    .filter(({ level, text }) => level === 'error' || level === 'fatal' || /forbidden/i.test(text))
    .map(({ text }) => text);
  const { restarts } = lab.apiServer;
  return [...ofPlugin, ...ofOperator].filter((line) => {
    const at = Date.parse(TIMESTAMP.exec(line)?.[0] ?? '');
    return !restarts.some(({ from, to }) => from <= at && at <= to);
  });
}

/** Analyses, as `namespace/name`, by what was told of them: each list sorted, an analysis told of twice stands twice. */
export interface Told {
  readonly started: readonly string[];
  readonly logged: readonly string[];
  readonly events: readonly string[];
}

/** What operators have told of the analyses of an environment. */
export async function toldVerdicts({ lab, operatorLog }: Environment): Promise<Told> {
  const inLog = (wanted: string) =>
    operatorLog()
      .filter(({ message }) => message === wanted)
      .map((line) => `${line['namespace']}/${line['analysis']}`)
      .sort();
  const { items } = await lab.client.list(
    '/api/v1/events?fieldSelector=involvedObject.kind%3DCanaryAnalysis',
  );
  const events = items.flatMap((event) => {
    const {
      count = 1,
      reason,
      involvedObject,
    } = event as {
      count?: number;
      reason?: string;
      involvedObject?: Record<string, string>;
    };
    if (reason === 'Reported') return [];
    return Array(count).fill(`${involvedObject?.['namespace']}/${involvedObject?.['name']}`) as string[];
  });
  return { started: inLog('analysis started'), logged: inLog('verdict reached'), events: events.sort() };
}

async function linesOf(controllers: Environment['controllers']): Promise<string[]> {
  const logs = controllers.toReversed().map(({ logFile }) => readFile(logFile, 'utf8'));
  return (await Promise.all(logs)).flatMap((log) => log.split('\n'));
}

function tail(lines: readonly string[]): string {
  return lines
    .slice(-LINES)
    .map((line) => line.slice(0, 600))
    .join('\n');
}
