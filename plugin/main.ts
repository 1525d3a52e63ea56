import { readFileSync } from 'node:fs';
import { systemClock } from '../crds/client/clock.ts';
import { isCoded } from '../crds/errors.ts';
import { VERSION } from '../crds/version.ts';
import { gatherLines } from './gathered-lines.ts';
import { refusal } from './goplugin/handshake.ts';
import { serve } from './goplugin/server.ts';
import { createLogger, parseLogLevel } from './logger.ts';
import { CanaryAnalysisProvider, type Engine } from './provider/provider.ts';
import { FIELDS_READ } from './provider/subject.ts';
import { HELP, type Settings, settingsFrom } from './settings.ts';

/** What only the first measurement needs is loaded then. */
async function loadEngine(settings: Settings, logger: ReturnType<typeof createLogger>): Promise<Engine> {
  const [{ createTransport }, { Analyses }, { readConfig }] = await Promise.all([
    import('./transport.ts'),
    import('./analyses/analyses.ts'),
    import('./config/read-config.ts'),
  ]);
  const transport = await createTransport(settings);
  return { analyses: new Analyses({ transport, clock: systemClock, log: logger }), readConfig };
}

/**
 * The Rollouts controller's memory is ours too: left alone, V8 lets its young generation grow to 128 MB of garbage. Where the
 * option is not given to Node already, for that spares the start the loading of a module.
 */
async function boundMemory(given: readonly string[]): Promise<void> {
  if (given.includes('--optimize-for-size')) return;
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString('--optimize-for-size');
}

async function main(): Promise<number> {
  await boundMemory(process.execArgv);
  const { env, stderr, stdout } = process;
  const settings = settingsFrom(process.argv.slice(2), env, (file) => readFileSync(file, 'utf8'));
  if (settings.show !== undefined) {
    stdout.write(`${settings.show === 'version' ? VERSION : HELP}\n`);
    return 0;
  }
  const started = refusal(env);
  if (started !== undefined) {
    stderr.write(`${started}${HELP}\n`);
    return 1;
  }
  const lines = gatherLines((text) => stderr.write(text));
  process.on('exit', () => lines.flush());
  const logger = createLogger({
    level: parseLogLevel(env['LOG_LEVEL'] ?? '') ?? 'info',
    write: (line) => lines.write(line),
    now: () => new Date(),
  });
  const provider = new CanaryAnalysisProvider({
    engine: () => loadEngine(settings, logger),
    logger,
    env,
    controllerNamespace: settings.namespace,
    version: VERSION,
    clock: systemClock,
  });
  return await serve({
    provider,
    reads: FIELDS_READ,
    logger,
    env,
    stdout,
    stderr,
    signals: process,
    onQuit: () => provider.quit(),
  });
}

// No top-level await: the bundle is a script.
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    if (!isCoded(error, 'CONFIG_INVALID')) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  },
);
