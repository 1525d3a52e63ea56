import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Registry } from 'prom-client';
import { systemClock } from '../crds/client/clock.ts';
import { ResourceClient } from '../crds/client/resource-client.ts';
import { followServerClock } from '../crds/client/server-clock.ts';
import type { Transport } from '../crds/client/transport.ts';
import { isCoded } from '../crds/errors.ts';
import { VERSION } from '../crds/version.ts';
import { createOperator, type Lead } from './analysis/index.ts';
import { type Flags, loadConfig, parseFlags, USAGE } from './config/index.ts';
import { serveHealth } from './kernel/health.ts';
import { currentNamespace, loadKubeConfig } from './kernel/kube-config.ts';
import { createKubeTransport } from './kernel/kube-transport.ts';
import { LeaderElector } from './kernel/leader-election.ts';
import { LEASES, type LeaseObject } from './kernel/leader-election-lease.ts';
import { createLogger, type Logger, parseLogLevel } from './kernel/logger.ts';
import { createRegistry, leaderMetric, serveMetrics } from './kernel/metrics.ts';
import { onTermination, stopInOrder } from './kernel/shutdown.ts';
import { createRedactor } from './redact/index.ts';

const DEFAULT_HEALTH_PORT = 8081;
const DEFAULT_METRICS_PORT = 8080;
const STOP_MS = 15_000;
/** The Lease that says which replica acts. */
const LEASE = 'canary-analysis-operator';

async function main(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const flags = parseFlags(args);
  if (flags.help) return void process.stdout.write(USAGE);
  if (flags.version) return void process.stdout.write(`canary-analysis operator ${VERSION}\n`);
  const loaded = await loadConfig(flags, env, (path) => readFile(path, 'utf8'));
  const logger = createLogger({
    level: parseLogLevel(loaded.config.logLevel),
    sanitize: (text) => createRedactor().redact(text),
  });
  await serve(flags, loaded, logger, env);
}

async function serve(
  flags: Flags,
  loaded: Awaited<ReturnType<typeof loadConfig>>,
  logger: Logger,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const termination = onTermination(process, logger);
  const kubeConfig = loadKubeConfig(kubeConfigSource(flags, env), env);
  const connection = createKubeTransport(kubeConfig, { userAgent: `canary-analysis-operator/${VERSION}` });
  const { transport, clock } = followServerClock(connection, systemClock);
  const instance = env['POD_NAME'] ?? hostname();
  const registry = createRegistry();
  const operator = createOperator({ loaded, transport, logger, clock, instance, registry });
  const { config } = loaded;
  const health = await serveHealth(operator.checks, listenAddress(config.health, DEFAULT_HEALTH_PORT));
  const metrics = await serveMetrics(registry, listenAddress(config.metrics, DEFAULT_METRICS_PORT));
  logger.info('operator started', {
    version: VERSION,
    server: kubeConfig.getCurrentCluster()?.server,
    namespaces: config.namespaces ?? 'all',
    healthPort: health.port,
    metricsPort: metrics.port,
    reviewers: config.reviewers?.default?.length ?? 0,
    repositories: config.gitHub?.allowedRepositories ?? 'all that the token reaches',
    gitHubToken: loaded.gitHubToken === undefined ? 'absent' : 'set',
  });
  const lead = flags.leaderElect
    ? leadership(
        transport,
        env['POD_NAMESPACE'] ?? currentNamespace(kubeConfig) ?? 'default',
        instance,
        logger,
        registry,
      )
    : undefined;
  const work = operator.run(termination.signal, lead);
  await new Promise<void>((resolve) => {
    if (termination.signal.aborted) resolve();
    termination.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const clean = await stopInOrder(
    [
      { name: 'controller', timeoutMs: STOP_MS, stop: () => work },
      { name: 'transport', timeoutMs: 1000, stop: () => connection.close() },
      { name: 'health', timeoutMs: 1000, stop: () => health.close() },
      { name: 'metrics', timeoutMs: 1000, stop: () => metrics.close() },
    ],
    { clock: systemClock, logger },
  );
  termination.dispose();
  logger.info('operator stopped', { clean });
  if (!clean) process.exit(1);
}

/** Acts only while this process holds the Lease; when it is lost, the process ends before another may act. */
function leadership(
  transport: Transport,
  namespace: string,
  instance: string,
  logger: Logger,
  registry: Registry,
): Lead {
  const elector = new LeaderElector({
    client: new ResourceClient<LeaseObject>(transport, LEASES, { clock: systemClock }),
    lease: { namespace, name: LEASE },
    identity: `${instance}_${randomUUID()}`,
    logger,
    clock: systemClock,
  });
  leaderMetric(registry, LEASE, () => elector.leading);
  return async (signal, work) => {
    if ((await elector.run(signal, work)) !== 'lost') return;
    logger.error('leadership lost: this process ends, its successor goes on');
    process.exit(1);
  };
}

function listenAddress(config: { address?: string; port?: number } | undefined, fallback: number) {
  const { address, port = fallback } = config ?? {};
  return { port, ...(address === undefined ? {} : { host: address }) };
}

function kubeConfigSource(flags: Flags, env: NodeJS.ProcessEnv) {
  const { server, tokenFile, caFile, context } = flags;
  const kubeconfig = flags.kubeconfig ?? env['KUBECONFIG']?.split(':', 1)[0];
  return {
    ...(server === undefined ? {} : { server }),
    ...(tokenFile === undefined ? {} : { tokenFile }),
    ...(caFile === undefined ? {} : { caFile }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  };
}

try {
  await main(process.argv.slice(2), process.env);
} catch (error) {
  const message = isCoded(error) ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`canary-analysis operator: ${message}\n`);
  process.exitCode = isCoded(error, 'CONFIG_INVALID') ? 2 : 1;
}
