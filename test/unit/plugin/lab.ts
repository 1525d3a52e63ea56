import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { CanaryAnalysis } from '../../../crds/v1alpha1/canary-analysis.ts';
import type { CanaryAnalysisStatus } from '../../../crds/v1alpha1/status.ts';
import type { Logger } from '../../../plugin/logger.ts';
import type { TransportOptions } from '../../../plugin/transport.ts';
import { ADMIN } from '../../lab/api-server/access.ts';
import { type AuditEntry, type EmbeddedApiServer, startApiServer } from '../../lab/api-server/api-server.ts';
import type { AnalysisRun } from '../../lab/driver/model.ts';
import type { KubeObject } from '../../lab/kubernetes.ts';
import { LabClient } from '../../lab/lab-client.ts';

/** The account of the Rollouts controller, which the plugin runs as. */
export const ACCOUNT = 'system:serviceaccount:argo-rollouts:argo-rollouts';
/** The name the plugin is registered under. */
export const PLUGIN = 'argoproj-labs/metric-ai';

const RUNS = '/apis/argoproj.io/v1alpha1/namespaces/default/analysisruns';
const ANALYSES = '/apis/metric-ai.argoproj-labs.io/v1alpha1/namespaces/default/canaryanalyses';
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const DEFINITION = join(import.meta.dirname, '../../../crds/metric-ai.argoproj-labs.io_canaryanalyses.yaml');

/** An API server with this project's resource, and an administrator's hands in it. */
export interface PluginLab {
  readonly server: EmbeddedApiServer;
  readonly admin: LabClient;
  /** How the plugin reaches the server. */
  readonly endpoint: TransportOptions & { readonly tokenFile: string };
  /** The requests of the plugin's account so far, as `verb resource`. */
  readonly requests: string[];
  createRun(name: string, config?: unknown, spec?: Record<string, unknown>): Promise<AnalysisRun>;
  getRun(name: string): Promise<AnalysisRun>;
  patchRun(name: string, patch: unknown): Promise<KubeObject>;
  analyses(): Promise<CanaryAnalysis[]>;
  /** Writes status as the operator does. */
  decide(name: string, status: CanaryAnalysisStatus): Promise<void>;
  patchAnalysis(name: string, patch: unknown): Promise<KubeObject>;
  deleteAnalysis(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the server; without the CustomResourceDefinition when `installed` is false. */
export async function startPluginLab({ installed = true } = {}): Promise<PluginLab> {
  const server = await startApiServer({ tls: false });
  const folder = mkdtempSync(join(tmpdir(), 'plugin-lab-'));
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, `${server.access.tokenFor(ACCOUNT)}\n`);
  const admin = new LabClient({ url: server.url, token: server.access.tokenFor(ADMIN) });
  if (installed) await admin.create(DEFINITIONS, parse(readFileSync(DEFINITION, 'utf8')));
  const requests: string[] = [];
  server.onRequest(({ user, verb, resource }: AuditEntry) => {
    if (user === ACCOUNT) requests.push(`${verb} ${resource}`);
  });
  return {
    server,
    admin,
    endpoint: { server: server.url, tokenFile },
    requests,
    createRun: async (name, config = {}, spec = {}) =>
      (await admin.create(RUNS, {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'AnalysisRun',
        metadata: { name, namespace: 'default', labels: { 'rollouts-pod-template-hash': '6ff4cd9669' } },
        spec: { metrics: [{ name: 'ai', provider: { plugin: { [PLUGIN]: config } } }], ...spec },
      })) as unknown as AnalysisRun,
    getRun: async (name) => await admin.get<AnalysisRun>(`${RUNS}/${name}`),
    patchRun: (name, patch) => admin.patch(`${RUNS}/${name}`, patch),
    analyses: async () => (await admin.list(ANALYSES)).items as unknown as CanaryAnalysis[],
    decide: async (name, status) => {
      await admin.patch(`${ANALYSES}/${name}/status`, { status });
    },
    patchAnalysis: (name, patch) => admin.patch(`${ANALYSES}/${name}`, patch),
    deleteAnalysis: async (name) => {
      await admin.delete(`${ANALYSES}/${name}`);
    },
    stop: async () => {
      admin.close();
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A verdict as the operator writes it. */
export function verdict(
  status: Partial<CanaryAnalysisStatus> & Pick<CanaryAnalysisStatus, 'verdict'>,
): CanaryAnalysisStatus {
  return {
    startTime: '2026-01-01T00:00:00Z',
    reason: 'NoRegression',
    message: 'Nothing speaks against it.',
    ...status,
  };
}

/** One line that was logged. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A logger that keeps its lines. */
export function recordingLogger(
  lines: LogLine[] = [],
  bound: LogLine['fields'] = {},
): Logger & { lines: LogLine[] } {
  const at =
    (level: string) =>
    (message: string, fields: LogLine['fields'] = {}) => {
      lines.push({ level, message, fields: { ...bound, ...fields } });
    };
  return {
    lines,
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => recordingLogger(lines, { ...bound, ...fields }),
  };
}

/** Resolves with the first value that is neither undefined nor false; asks again every few milliseconds, for a minute. */
export async function until<T>(
  look: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('it did not come about within a minute');
}
