import { EventEmitter, once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type GobType,
  INT,
  mapOf,
  opaque,
  STRING,
  structOf,
} from '../../../../plugin/goplugin/gob/schema.ts';
import { GoTime } from '../../../../plugin/goplugin/gob/time.ts';
import { MEASUREMENT } from '../../../../plugin/goplugin/measurement.ts';
import type {
  Measurement,
  MetricProvider,
  WireMeasurement,
} from '../../../../plugin/goplugin/metric-provider.ts';
import { type ServeOptions, serve } from '../../../../plugin/goplugin/server.ts';
import { createLogger } from '../../../../plugin/logger.ts';
import { call, GoPluginClient, type RpcClient, registered } from './go-plugin-client.ts';

const META = structOf('ObjectMeta', {
  Name: STRING,
  Labels: mapOf(STRING, STRING),
  CreationTimestamp: opaque('Time'),
});
const ANALYSIS_RUN = structOf('AnalysisRun', { ObjectMeta: META });
const METRIC = structOf('Metric', { Name: STRING });
const RUN_ARGS = structOf('RunArgs', { AnalysisRun: ANALYSIS_RUN, Metric: METRIC });
const RESUME_ARGS = structOf('TerminateAndResumeArgs', {
  AnalysisRun: ANALYSIS_RUN,
  Metric: METRIC,
  Measurement: MEASUREMENT,
});
const GC_ARGS = structOf('GarbageCollectArgs', { AnalysisRun: ANALYSIS_RUN, Metric: METRIC, Limit: INT });
const METADATA_ARGS = structOf('GetMetadataArgs', { Metric: METRIC });
const NOW = new Date('2026-03-01T12:00:00.000Z');

const RUN = registered('RunArgs', RUN_ARGS, {
  AnalysisRun: { ObjectMeta: { Name: 'ar' } },
  Metric: { Name: 'm' },
});

/** A provider whose methods a test replaces one by one. */
function provider(overrides: Partial<MetricProvider> = {}): MetricProvider {
  return {
    initPlugin: async () => {},
    run: async (analysisRun, metric) => ({
      phase: 'Running',
      metadata: new Map([['of', `${analysisRun.ObjectMeta?.Name}/${metric.Name}`]]),
    }),
    resume: async (_, __, measurement) => measurement,
    terminate: async (_, __, measurement) => ({ ...measurement, phase: 'Inconclusive' }),
    garbageCollect: async () => {},
    getMetadata: async (metric) => new Map([['metric', metric.Name ?? '']]),
    type: () => 'test',
    ...overrides,
  };
}

describe('the plugin server', () => {
  let folder: string;
  let clients: GoPluginClient[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'goplugin-'));
    clients = [];
  });
  afterEach(() => {
    for (const client of clients) client.socket.destroy();
    rmSync(folder, { recursive: true });
  });

  /** A server as a process would start it, with everything it says. */
  function start(overrides: Partial<ServeOptions> = {}) {
    const said = { stdout: '', stderr: '', log: '' };
    const printed = Promise.withResolvers<string>();
    const signals = new EventEmitter();
    const stdout = {
      write: (text: string) => {
        said.stdout += text;
        printed.resolve(text);
      },
    };
    const logger = createLogger({
      level: 'trace',
      write: (line) => {
        said.log += line;
      },
      now: () => NOW,
    });
    const code = serve({
      provider: provider(),
      logger,
      env: { ARGO_ROLLOUTS_RPC_PLUGIN: 'metricprovider', PLUGIN_PROTOCOL_VERSIONS: '1', TMPDIR: folder },
      stdout,
      stderr: {
        write: (text: string) => {
          said.stderr += text;
        },
      },
      signals,
      now: () => NOW,
      ...overrides,
    });
    return { code, said, signals, stdout, handshake: printed.promise };
  }

  async function host(running: ReturnType<typeof start>): Promise<GoPluginClient> {
    const client = await GoPluginClient.connect(await running.handshake);
    clients.push(client);
    return client;
  }

  async function dispensed(overrides: Partial<ServeOptions> = {}) {
    const running = start(overrides);
    const client = await host(running);
    return { ...running, client, plugin: await client.dispense() };
  }

  function resume(plugin: RpcClient, measurement: unknown, method = 'Resume', args: GobType = RESUME_ARGS) {
    const value = { AnalysisRun: {}, Metric: {}, Measurement: measurement };
    return call(
      plugin,
      method,
      registered('TerminateAndResumeArgs', args, value),
    ) as Promise<WireMeasurement>;
  }

  describe('before a host has connected', () => {
    for (const [what, env, message] of [
      ['without the magic cookie', {}, /not meant to be run directly/],
      [
        'with the cookie of another plugin type',
        { ARGO_ROLLOUTS_RPC_PLUGIN: 'step' },
        /not meant to be run directly/,
      ],
      [
        'for a host of other protocol versions',
        { ARGO_ROLLOUTS_RPC_PLUGIN: 'metricprovider', PLUGIN_PROTOCOL_VERSIONS: '2,3' },
        /speaks the plugin protocol versions 2,3/,
      ],
      [
        'for a host that wants TLS',
        { ARGO_ROLLOUTS_RPC_PLUGIN: 'metricprovider', PLUGIN_CLIENT_CERT: 'x' },
        /PLUGIN_CLIENT_CERT/,
      ],
    ] as const) {
      it(`says on stderr why it does not serve ${what} and ends with 1`, async () => {
        const { code, said } = start({ env: { ...env, TMPDIR: folder } });
        expect(await code).to.equal(1);
        expect(said.stderr).to.match(message);
        expect(said.stdout).to.equal('');
        expect(readdirSync(folder)).to.deep.equal([]);
      });
    }

    it('prints the handshake, with a socket that only its user may open, already listening', async () => {
      const running = start();
      const line = await running.handshake;
      expect(line).to.match(/^1\|1\|unix\|\/[^|]+\/plugin[0-9a-f]{16}\|netrpc\|\n$/);
      const path = line.split('|')[3] ?? '';
      expect(statSync(path).mode & 0o777).to.equal(0o600);
      const client = await host(running);
      await client.kill();
      expect(await running.code).to.equal(0);
    });

    it('prefers PLUGIN_UNIX_SOCKET_DIR and names a folder that makes the path too long', async () => {
      const long = join(folder, 'x'.repeat(100));
      const { code, said } = start({
        env: { ARGO_ROLLOUTS_RPC_PLUGIN: 'metricprovider', TMPDIR: folder, PLUGIN_UNIX_SOCKET_DIR: long },
      });
      expect(await code).to.equal(1);
      expect(said.log).to.include('has more than 107 bytes');
      expect(said.stdout).to.equal('');
    });

    it('ends with 1 when no host connects', async () => {
      const { code, said } = start({ connectTimeoutMs: 10 });
      expect(await code).to.equal(1);
      expect(said.log).to.include('could not be served');
      expect(readdirSync(folder)).to.deep.equal([]);
    });

    it('ends with 0 on SIGTERM', async () => {
      const running = start();
      await running.handshake;
      running.signals.emit('SIGTERM');
      expect(await running.code).to.equal(0);
      expect(readdirSync(folder)).to.deep.equal([]);
    });
  });

  it('writes one line to stdout ever; what others write there becomes a log line', async () => {
    const { stdout, said, client, code } = await dispensed();
    stdout.write('noise\n');
    await client.kill();
    await code;
    expect(said.stdout.split('\n')).to.have.length(2);
    expect(said.log).to.include('"text":"noise\\\\n"');
    stdout.write('given back');
    expect(said.stdout).to.match(/given back$/);
  });

  it('takes one connection and removes its socket at once', async () => {
    const running = start();
    const path = (await running.handshake).split('|')[3] ?? '';
    const client = await host(running);
    await client.ping();
    expect(existsSync(path)).to.equal(false);
    const [error] = await once(connect(path), 'error');
    expect((error as NodeJS.ErrnoException).code).to.equal('ENOENT');
    await client.kill();
    await running.code;
  });

  it('dispenses only the name that Argo asks for, and knows only dispensed ids', async () => {
    const { client, code } = await dispensed();
    const failure = await client.dispense('RpcStepPlugin').catch(String);
    expect(failure).to.equal('Error: unknown plugin type: RpcStepPlugin');
    expect(await client.broker(77).catch(String)).to.equal('Error: the stream was reset');
    const again = await client.dispense();
    expect(await call(again, 'Type', null)).to.equal('test');
    await client.kill();
    expect(await code).to.equal(0);
  });

  it('answers the seven calls', async () => {
    const collected: number[] = [];
    const { client, plugin, code } = await dispensed({
      provider: provider({
        garbageCollect: async (_, __, limit) => {
          collected.push(limit);
        },
      }),
    });
    expect(await call(plugin, 'InitPlugin', null)).to.deep.equal({});
    expect(await call(plugin, 'Type', null)).to.equal('test');
    expect(await call(plugin, 'Run', RUN)).to.deep.equal({
      Phase: 'Running',
      Metadata: new Map([['of', 'ar/m']]),
    });
    expect(await resume(plugin, { Phase: 'Running', Value: '1' })).to.deep.equal({
      Phase: 'Running',
      Value: '1',
    });
    expect((await resume(plugin, { Phase: 'Running' }, 'Terminate')).Phase).to.equal('Inconclusive');
    expect(
      await call(plugin, 'GarbageCollect', registered('GarbageCollectArgs', GC_ARGS, { Limit: 10 })),
    ).to.deep.equal({});
    expect(collected).to.deep.equal([10]);
    const metadata = registered('GetMetadataArgs', METADATA_ARGS, { Metric: { Name: 'm' } });
    expect(await call(plugin, 'GetMetadata', metadata)).to.deep.equal(new Map([['metric', 'm']]));
    expect(await client.ping()).to.deep.equal({});
    await client.kill();
    expect(await code).to.equal(0);
  });

  it('echoes a measurement unchanged: nanoseconds, offsets, an empty map, odd keys, more than a window', async () => {
    const { client, plugin, code } = await dispensed();
    const odd = {
      Phase: 'Running',
      StartedAt: Buffer.from('020000000ee0e92ca528697581014a1e', 'hex'),
      ResumeAt: Buffer.from('010000000ee0e92ca5286975800000', 'hex'),
      Metadata: new Map([
        ['b', '2'],
        ['1', ''],
        ['', 'x'],
        ['__proto__', 'y'],
        ['long', 'ż'.repeat(300_000)],
      ]),
    };
    const echoed = await resume(plugin, odd);
    expect([...(echoed.Metadata ?? [])]).to.deep.equal([...odd.Metadata]);
    expect(Buffer.from(echoed.StartedAt?.bytes ?? []).equals(odd.StartedAt)).to.equal(true);
    expect(Buffer.from(echoed.ResumeAt?.bytes ?? []).equals(odd.ResumeAt)).to.equal(true);
    expect(echoed).to.have.keys('Phase', 'StartedAt', 'ResumeAt', 'Metadata');
    expect(await resume(plugin, { Metadata: new Map() })).to.deep.equal({ Metadata: new Map() });
    expect(await resume(plugin, {})).to.deep.equal({});
    await client.kill();
    await code;
  });

  describe('when the provider fails', () => {
    const failing = provider({
      run: () => Promise.reject(new Error('no API server')),
      resume: () => {
        throw new Error('broken');
      },
      garbageCollect: () => Promise.reject(new Error('cannot')),
      getMetadata: () => Promise.reject(new Error('unknown')),
    });

    it('answers an Error measurement of that call, which keeps what was known and never resumes', async () => {
      const { client, plugin, code } = await dispensed({ provider: failing });
      const run = (await call(plugin, 'Run', RUN)) as WireMeasurement;
      expect({
        ...run,
        StartedAt: run.StartedAt?.toJSON(),
        FinishedAt: run.FinishedAt?.toJSON(),
      }).to.deep.equal({
        Phase: 'Error',
        Message: 'no API server',
        StartedAt: NOW.toJSON(),
        FinishedAt: NOW.toJSON(),
      });
      const started = GoTime.fromDate(new Date(0)).bytes;
      const resumed = await resume(plugin, {
        Phase: 'Running',
        StartedAt: started,
        ResumeAt: started,
        Metadata: new Map([['id', '1']]),
      });
      expect(resumed).to.have.keys('Phase', 'Message', 'StartedAt', 'FinishedAt', 'Metadata');
      expect(resumed.Message).to.equal('broken');
      expect(resumed.StartedAt?.toJSON()).to.equal('1970-01-01T00:00:00.000Z');
      expect(await client.ping()).to.deep.equal({});
      await client.kill();
      expect(await code).to.equal(0);
    });

    it('answers the RpcError of GarbageCollect and the error of GetMetadata', async () => {
      const { client, plugin, code } = await dispensed({ provider: failing });
      const collect = registered('GarbageCollectArgs', GC_ARGS, {});
      expect(await call(plugin, 'GarbageCollect', collect)).to.deep.equal({ ErrorString: 'cannot' });
      const metadata = registered('GetMetadataArgs', METADATA_ARGS, {});
      expect(await call(plugin, 'GetMetadata', metadata).catch(String)).to.equal('Error: unknown');
      await client.kill();
      await code;
    });

    it('treats an answer of wrong types as a failure of that call, not of the connection', async () => {
      const { client, plugin, code } = await dispensed({
        provider: provider({
          run: async () => ({ phase: 'Running', value: 1, metadata: {} }) as unknown as Measurement,
          getMetadata: async () => ({}) as unknown as ReadonlyMap<string, string>,
        }),
      });
      const run = (await call(plugin, 'Run', RUN)) as WireMeasurement;
      expect(run.Message).to.equal('the provider answered a value that is not a string');
      const metadata = registered('GetMetadataArgs', METADATA_ARGS, {});
      expect(await call(plugin, 'GetMetadata', metadata).catch(String)).to.match(/not a Map of strings/);
      await client.kill();
      expect(await code).to.equal(0);
    });

    it('answers a failed InitPlugin and then ends with 1, for Argo would never ask again', async () => {
      const { plugin, client, code } = await dispensed({
        provider: provider({ initPlugin: () => Promise.reject(new Error('no config')) }),
      });
      expect(await call(plugin, 'InitPlugin', null)).to.deep.equal({ ErrorString: 'no config' });
      expect(await code).to.equal(1);
      await client.closed;
    });
  });

  it('refuses arguments of another type and unknown methods as Go does, and goes on', async () => {
    const { client, plugin, code } = await dispensed();
    expect(await call(plugin, 'Run', null).catch(String)).to.equal('Error: invalid args: RunArgs expected');
    const other = registered('GetMetadataArgs', METADATA_ARGS, {});
    expect(await call(plugin, 'Run', other).catch(String)).to.equal('Error: invalid args: RunArgs expected');
    expect(await call(plugin, 'Nope', null).catch(String)).to.equal(
      "Error: rpc: can't find method Plugin.Nope",
    );
    expect(await call(plugin, 'Type', null)).to.equal('test');
    await client.kill();
    expect(await code).to.equal(0);
  });

  describe('when it is told to go', () => {
    /** A provider whose Run waits until `release` is called. */
    function waiting() {
      const gate = Promise.withResolvers<Measurement>();
      const entered = Promise.withResolvers<void>();
      return {
        entered: entered.promise,
        release: () => gate.resolve({ phase: 'Running' }),
        provider: provider({
          run: () => {
            entered.resolve();
            return gate.promise;
          },
        }),
      };
    }

    it('answers calls in flight before Quit, and ends with 0', async () => {
      const { provider: slow, release, entered } = waiting();
      const { client, plugin, code } = await dispensed({ provider: slow, onQuit: release });
      const order: string[] = [];
      const run = call(plugin, 'Run', RUN).then(() => order.push('run'));
      await entered;
      await client.quit().then(() => order.push('quit'));
      await run;
      expect(order).to.deep.equal(['run', 'quit']);
      client.socket.destroy();
      expect(await code).to.equal(0);
    });

    it('answers Quit in time although a call hangs or the hook fails', async () => {
      const { provider: slow, entered } = waiting();
      const { client, plugin, code, said } = await dispensed({
        provider: slow,
        quitTimeoutMs: 20,
        onQuit: () => Promise.reject(new Error('hook failed')),
      });
      const run = call(plugin, 'Run', RUN).catch(String);
      await entered;
      await client.kill();
      expect(await code).to.equal(0);
      expect(await run).to.equal('Error: connection is shut down');
      expect(said.log).to.include('hook failed');
    });

    it('still answers GetMetadata between Quit and its answer', async () => {
      const { provider: slow, release, entered } = waiting();
      const { client, plugin, code } = await dispensed({ provider: slow });
      const run = call(plugin, 'Run', RUN);
      await entered;
      const quit = client.quit();
      const metadata = registered('GetMetadataArgs', METADATA_ARGS, { Metric: { Name: 'late' } });
      expect(await call(plugin, 'GetMetadata', metadata)).to.deep.equal(new Map([['metric', 'late']]));
      release();
      await Promise.all([run, quit]);
      client.socket.destroy();
      expect(await code).to.equal(0);
    });

    it('answers calls in flight on SIGTERM, and ignores SIGINT', async () => {
      const { provider: slow, release, entered } = waiting();
      const { client, plugin, code, signals } = await dispensed({ provider: slow, onQuit: release });
      signals.emit('SIGINT');
      expect(await client.ping()).to.deep.equal({});
      const run = call(plugin, 'Run', RUN);
      await entered;
      signals.emit('SIGTERM');
      expect(((await run) as WireMeasurement).Phase).to.equal('Running');
      expect(await code).to.equal(0);
      expect(signals.listenerCount('SIGTERM') + signals.listenerCount('SIGINT')).to.equal(0);
    });

    it('ends with 0 when the host just goes away, also with a call in flight', async () => {
      const { provider: slow, entered } = waiting();
      const { client, plugin, code } = await dispensed({ provider: slow });
      const run = call(plugin, 'Run', RUN).catch(String);
      await entered;
      client.socket.destroy();
      expect(await code).to.equal(0);
      await run;
    });
  });

  it('ends with 1 and a log line after bytes that are no yamux', async () => {
    const running = start();
    const socket = connect((await running.handshake).split('|')[3] ?? '');
    socket.on('error', () => {});
    socket.end('GET / HTTP/1.1\r\n\r\n');
    socket.resume();
    expect(await running.code).to.equal(1);
    expect(running.said.log).to.include('yamux frame of version 71');
  });

  it('ends with 1 after bytes that are no gob: the host would go on pinging and never start it anew', async () => {
    const running = await dispensed();
    const stream = running.client.session.open({ data: () => {} });
    const id = Buffer.alloc(4);
    id.writeUInt32LE(
      Number(await running.client.control.call('Dispenser.Dispense', STRING, 'RpcMetricProviderPlugin')),
    );
    stream.write(id);
    stream.write(Buffer.from('05ff990101ff', 'hex'));
    expect(await running.code).to.equal(1);
    expect(running.said.log).to.include('gob: ');
    await running.client.closed;
  });
});
