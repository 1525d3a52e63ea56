import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { AccessControl } from '../lab/api-server/access.ts';
import type { EmbeddedApiServer } from '../lab/api-server/api-server.ts';
import { NEWEST } from '../lab/control-plane/programs.ts';
import { startEmbeddedLab } from '../lab/embedded-lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startRealLab } from '../lab/real-lab.ts';
import { CONTROLLER, installAccount } from '../lab/rollouts/controller.ts';
import { applyLeastPrivilege, OPERATOR } from '../lab/rollouts/least-privilege.ts';
import type { Cluster } from '../lab/system.ts';

const root = join(import.meta.dirname, '../..');
const DEFINITION = join(root, 'crds/metric-ai.argoproj-labs.io_canaryanalyses.yaml');
const images = { 'workload:v1': ['node', join(import.meta.dirname, 'workload.ts')] };
/** Crash loops are seen within seconds. */
const backoff = { baseMs: 500, maxMs: 2_000 };

/** A lab with credentials for the project's programs, whichever API server it has. */
export interface IntegrationLab extends Lab, Cluster {
  /** What only the embedded API server can do: refuse, break, go away, count. */
  readonly embedded?: EmbeddedApiServer & { readonly access: AccessControl };
}

/** An API server that the integration tests run against. */
export interface ApiServerKind {
  readonly name: string;
  /** Whether {@link IntegrationLab.embedded} is there; tests that need it are not registered elsewhere. */
  readonly embedded: boolean;
  start(options?: { installed?: boolean }): Promise<IntegrationLab>;
}

const EMBEDDED: ApiServerKind = {
  name: 'embedded API server',
  embedded: true,
  start: async ({ installed = true } = {}) => {
    const lab = await startEmbeddedLab({ images, backoff });
    if (installed) await lab.apply(parse(await readFile(DEFINITION, 'utf8')));
    return { ...lab, embedded: lab.server };
  },
};

const REAL: ApiServerKind = {
  name: 'real kube-apiserver',
  embedded: false,
  start: async ({ installed = true } = {}) => {
    const lab = await startRealLab({
      images,
      backoff,
      progress: (line) => process.stdout.write(`    ${line}\n`),
    });
    if (!installed) await lab.kubectl(['delete', '-f', DEFINITION]);
    await installAccount(lab, NEWEST);
    await applyLeastPrivilege(lab);
    return {
      ...lab,
      tokenFor: (account) => lab.serviceAccountToken(account === 'operator' ? OPERATOR : CONTROLLER),
    };
  },
};

/** The API server of this run: `API_SERVER=real` takes the real one, which needs Go. */
export const API_SERVER = process.env['API_SERVER'] === 'real' ? REAL : EMBEDDED;
