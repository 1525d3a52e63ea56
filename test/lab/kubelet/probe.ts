import { spawn } from 'node:child_process';
import { get } from 'node:http';
import { connect } from 'node:net';
import type { Probe } from './pod.ts';

/** Undefined for a success, else why the probe failed. */
export type ProbeResult = string | undefined;

/** What a probe needs to know of its container. */
export interface ProbeTarget {
  resolvePort(port: number | string): number;
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** Probes once; never throws. */
export async function runProbe(probe: Probe, target: ProbeTarget): Promise<ProbeResult> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.httpGet !== undefined)
    return httpProbe(target.resolvePort(probe.httpGet.port), probe.httpGet.path ?? '/', timeoutMs);
  if (probe.tcpSocket !== undefined) return tcpProbe(target.resolvePort(probe.tcpSocket.port), timeoutMs);
  if (probe.exec !== undefined) return execProbe(probe.exec.command, target, timeoutMs);
  return undefined;
}

function httpProbe(port: number, path: string, timeoutMs: number): Promise<ProbeResult> {
  const { promise, resolve } = Promise.withResolvers<ProbeResult>();
  const url = `http://127.0.0.1:${port}${path}`;
  const call = get(
    url,
    { agent: false, timeout: timeoutMs, headers: { 'User-Agent': 'kube-probe/1.35' } },
    (response) => {
      response.resume();
      const code = response.statusCode ?? 0;
      resolve(code >= 200 && code < 400 ? undefined : `HTTP probe failed with statuscode: ${code}`);
    },
  );
  call.on('timeout', () =>
    call.destroy(new Error('context deadline exceeded (Client.Timeout exceeded while awaiting headers)')),
  );
  call.on('error', (error) => resolve(`Get "${url}": ${error.message}`));
  return promise;
}

function tcpProbe(port: number, timeoutMs: number): Promise<ProbeResult> {
  const { promise, resolve } = Promise.withResolvers<ProbeResult>();
  const socket = connect({ port, host: '127.0.0.1', timeout: timeoutMs }, () => {
    socket.destroy();
    resolve(undefined);
  });
  socket.on('timeout', () => socket.destroy(new Error('i/o timeout')));
  socket.on('error', (error) => resolve(`dial tcp 127.0.0.1:${port}: ${error.message}`));
  return promise;
}

function execProbe(command: readonly string[], target: ProbeTarget, timeoutMs: number): Promise<ProbeResult> {
  const { promise, resolve } = Promise.withResolvers<ProbeResult>();
  const [program = '', ...args] = command;
  const options = {
    cwd: target.cwd,
    env: { ...target.environment },
    timeout: timeoutMs,
    stdio: 'ignore',
  } as const;
  const child = spawn(program === 'node' ? process.execPath : program, args, options);
  child.once('error', (error) => resolve(error.message));
  child.once('exit', (code) => resolve(code === 0 ? undefined : `command exited with ${code ?? 'a signal'}`));
  return promise;
}
