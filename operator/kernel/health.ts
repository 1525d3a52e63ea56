import type http from 'node:http';
import { answer, type ListenAddress, type PlainServer, servePlain } from './http-server.ts';

/** Says what is wrong, in a few words without anything confidential; undefined when nothing is. */
export type HealthCheck = () => string | undefined;

/** The checks behind the two probes of a pod, by name. */
export interface HealthChecks {
  /** `/healthz`: one that fails has the kubelet restart the container. */
  readonly live: Readonly<Record<string, HealthCheck>>;
  /** `/readyz`: one that fails takes the pod out of its Services and holds a rollout. */
  readonly ready: Readonly<Record<string, HealthCheck>>;
}

/**
 * Serves `/healthz` and `/readyz` as Kubernetes components do: 200 `ok` when every check passes, 500 with a line per
 * check when one fails; `?verbose` lists them always, `/readyz/NAME` asks one.
 * @throws Node's error when it cannot listen
 */
export function serveHealth(checks: HealthChecks, address: ListenAddress): Promise<PlainServer> {
  const probes = new Map([
    ['healthz', checks.live],
    ['readyz', checks.ready],
  ]);
  return servePlain(address, (request, response) => {
    const [path = '', query = ''] = (request.url ?? '').split('?');
    const [, probe = '', name, ...more] = path.split('/');
    const all = more.length > 0 ? undefined : probes.get(probe);
    const asked = all === undefined || name === undefined ? all : pick(all, name);
    if (asked === undefined) answer(response, 404, 'not found');
    else probeAnswer(response, probe, asked, new URLSearchParams(query).has('verbose'));
  });
}

function pick(checks: Readonly<Record<string, HealthCheck>>, name: string): HealthChecks['live'] | undefined {
  const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
  return check === undefined ? undefined : { [name]: check };
}

function probeAnswer(
  response: http.ServerResponse,
  probe: string,
  checks: Readonly<Record<string, HealthCheck>>,
  verbose: boolean,
): void {
  const results = Object.entries(checks).map(([name, check]) => ({ name, wrong: run(check) }));
  const healthy = results.every(({ wrong }) => wrong === undefined);
  if (healthy && !verbose) {
    answer(response, 200, 'ok');
    return;
  }
  const lines = results.map(({ name, wrong }) =>
    wrong === undefined ? `[+]${name} ok` : `[-]${name} failed: ${wrong}`,
  );
  const outcome = `${probe} check ${healthy ? 'passed' : 'failed'}`;
  answer(response, healthy ? 200 : 500, [...lines, outcome, ''].join('\n'));
}

function run(check: HealthCheck): string | undefined {
  try {
    return check();
  } catch {
    return 'the check itself failed';
  }
}
