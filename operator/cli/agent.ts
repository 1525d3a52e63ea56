import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { systemClock } from '../../crds/client/clock.ts';
import { CodedError, isCoded } from '../../crds/errors.ts';
import type { Reviewer as ReviewerSpec } from '../../crds/v1alpha1/spec.ts';
import { VERSION } from '../../crds/version.ts';
import { type AgentAddress, createAnalyst, serveAgent } from '../agent/index.ts';
import { allowanceOf, type LoadedConfig, loadConfig } from '../config/index.ts';
import type { Cluster } from '../evidence/index.ts';
import { createLogger, type Logger, parseLogLevel } from '../kernel/logger.ts';
import { createRedactor } from '../redact/index.ts';
import { createReviewer, Dialects, Endpoints, type ReviewConfig, type Reviewer } from '../review/index.ts';
import type { Connection } from './connect.ts';
import type { AgentCommand } from './usage.ts';

/** What the agent's process gives it. */
export interface AgentIo {
  readonly stderr: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Stops the agent. */
  readonly signal: AbortSignal;
  /** Opens the cluster. */
  readonly connection: () => Connection;
}

/** Where the operator's credentials are as it is installed: kustomize/base/credentials.example.yaml. */
const OPERATOR_SECRET = 'canary-analysis-credentials';

/**
 * Serves the judge as an agent until the signal fires. Without a cluster it is served all the same and decides nothing.
 * @throws CodedError `CONFIG_INVALID` naming what is wrong.
 */
export async function runAgent(
  command: AgentCommand,
  { stderr, env, signal, connection }: AgentIo,
): Promise<void> {
  const flags = { leaderElect: false, help: false, version: false };
  const loaded = await loadConfig(
    {
      ...flags,
      ...(command.config === undefined ? {} : { config: command.config }),
      ...(command.logLevel === undefined ? {} : { logLevel: command.logLevel }),
    },
    env,
    (path) => readFile(path, 'utf8'),
  );
  const redact = (text: string): string => createRedactor().redact(text);
  const logger = createLogger({
    level: parseLogLevel(loaded.config.logLevel),
    sanitize: redact,
    stream: textStream(stderr),
  });
  warnOfUnused(env, logger);
  const cluster = clusterOf(connection, logger);
  const reviewers = reviewersOf(loaded, env, redact, logger);
  const analyst = createAnalyst({
    ...(cluster === undefined ? {} : { cluster }),
    reviewers,
    concurrency: command.concurrency,
    waiting: command.concurrency * 8,
    timeoutMs: command.timeoutSeconds * 1000,
    waitMs: command.waitSeconds * 1000,
    lookbackMs: command.sinceSeconds * 1000,
    redact,
    clock: systemClock,
    logger,
  });
  const token = value(env, 'AGENT_TOKEN');
  const address = addressOf(command);
  const agent = await serveAgent({
    analyst,
    port: command.port,
    ...(command.grpcPort === undefined ? {} : { grpcPort: command.grpcPort }),
    ...(command.host === undefined ? {} : { host: command.host }),
    ...(address === undefined ? {} : { address }),
    ...(token === undefined ? {} : { token }),
    version: VERSION,
    redact,
    clock: systemClock,
    logger,
  });
  logger.info('agent started', {
    version: VERSION,
    port: agent.port,
    grpcPort: agent.grpcPort,
    cluster: cluster === undefined ? 'none' : 'read',
    reviewers: reviewers.map(({ name }) => name),
    asksForToken: token !== undefined,
  });
  if (!signal.aborted) await once(signal, 'abort');
  await agent.close();
  logger.info('agent stopped');
}

function clusterOf(connection: () => Connection, logger: Logger): Cluster | undefined {
  try {
    return connection().cluster;
  } catch (error) {
    if (!isCoded(error, 'CONFIG_INVALID')) throw error;
    logger.warn('no cluster: the agent decides nothing', { error });
    return undefined;
  }
}

/** metric-ai's agent opens issues with this token, by either name; this one opens none, and says who does. */
function warnOfUnused(env: AgentIo['env'], logger: Logger): void {
  const names = ['GITHUB_TOKEN', 'github_token'].filter((name) => value(env, name) !== undefined);
  if (names.length === 0) return;
  logger.warn('the agent opens no issues: its token for GitHub is not used, the operator has to have it', {
    variables: names,
    belongsTo: `GITHUB_TOKEN of the Secret ${OPERATOR_SECRET}`,
  });
}

/**
 * Who the agent asks: the reviewers of the configuration but agents, else Gemini where there is a key for it, and then the
 * OpenAI-compatible server where one is named.
 */
function reviewersOf(
  { config, credentials }: LoadedConfig,
  env: AgentIo['env'],
  redact: (text: string) => string,
  logger: Logger,
): Reviewer[] {
  const { gemini, openAI, limits, serviceNamespaces, clusterDomain } = config.reviewers ?? {};
  const reviewConfig: ReviewConfig = {
    ...(gemini === undefined ? {} : { gemini }),
    ...(openAI === undefined ? {} : { openAI }),
    ...(limits === undefined ? {} : { limits }),
    endpoints: new Endpoints(systemClock, limits),
    dialects: new Dialects(systemClock),
    credentials,
    allowedOrigins: (namespace) => allowanceOf(config, namespace).reviewerOrigins,
    ...(serviceNamespaces === undefined ? {} : { serviceNamespaces }),
    ...(clusterDomain === undefined ? {} : { clusterDomain }),
    redact,
    clock: systemClock,
    random: Math.random,
    nonce: () => randomBytes(12).toString('hex'),
    logger,
  };
  const configured = config.reviewers?.default?.filter(({ a2a }) => a2a === undefined);
  return (configured ?? modelsOf(env, openAI?.model)).map((spec) => createReviewer(spec, reviewConfig));
}

/**
 * The models that the environment has keys for, Gemini first.
 * @param openAIModel the configured model of an OpenAI-compatible server (`OPENAI_MODEL`)
 * @throws CodedError `CONFIG_INVALID` for such a server without a model, which would fail every question
 */
export function modelsOf(env: AgentIo['env'], openAIModel: string | undefined): ReviewerSpec[] {
  const model = value(env, 'GEMINI_MODEL');
  const openAI = value(env, 'OPENAI_API_KEY') ?? value(env, 'OPENAI_BASE_URL');
  if (openAI !== undefined && openAIModel === undefined) {
    throw new CodedError(
      'CONFIG_INVALID',
      'OPENAI_API_KEY or OPENAI_BASE_URL is set, but no model: set OPENAI_MODEL too',
    );
  }
  return [
    ...(value(env, 'GOOGLE_API_KEY') === undefined
      ? []
      : [{ gemini: model === undefined ? {} : { model } } satisfies ReviewerSpec]),
    ...(openAI === undefined ? [] : [{ openAI: {} } satisfies ReviewerSpec]),
  ];
}

function addressOf({ url, grpcAddress }: AgentCommand): AgentAddress | undefined {
  if (url === undefined) return undefined;
  return { url, ...(grpcAddress === undefined ? {} : { grpc: grpcAddress }) };
}

function value(env: AgentIo['env'], name: string): string | undefined {
  const text = env[name]?.trim();
  return text === undefined || text === '' ? undefined : text;
}

function textStream(write: (text: string) => void): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: unknown, _, done) {
      write(String(chunk));
      done();
    },
  });
}
