import { execFile } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../free-port.ts';
import { kubeconfig } from '../kubeconfig.ts';
import type { Progress } from './go-build.ts';
import { type ManagedProcess, startProcess } from './managed-process.ts';
import { type ControlPlanePrograms, controlPlanePrograms } from './programs.ts';
import { waitUntilReady } from './readiness.ts';

/** The process of kube-apiserver, which may be taken away for a while. */
export interface ApiServerProcess {
  /** Of the process that was started last. */
  readonly pid: number;
  /** From when to when it was starting again, in milliseconds since the epoch. */
  readonly restarts: readonly { readonly from: number; readonly to: number }[];
  stop(): Promise<void>;
  /** Starts it again, on the same port and with what it had stored, and returns when it is ready. */
  start(): Promise<void>;
}

/** A running etcd, kube-apiserver and kube-controller-manager. */
export interface ControlPlane {
  readonly url: string;
  /** The API server's certificate, which signs itself: trust it as CA. It serves for a kubelet, too. */
  readonly caFile: string;
  readonly keyFile: string;
  /** Token of a member of `system:masters`. */
  readonly adminToken: string;
  readonly kubeconfig: string;
  readonly apiServer: ApiServerProcess;
  /** What ServiceAccounts have asked for: the API server's audit log, an Event in each line. */
  readonly auditLog: string;
  /** Where logs and state are, until {@link stop}. */
  readonly directory: string;
  /** Runs the real kubectl as admin and returns what it printed. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Ends everything and removes the folder. */
  stop(): Promise<void>;
}

/** Who has asked for what under an account; nothing of what was said. */
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata', userGroups: ['system:serviceaccounts'] }, { level: 'None' }],
};
const ADMISSION_OFF = 'ServiceAccount,TaintNodesByCondition';
const CONTROLLERS = [
  'replicaset-controller',
  'garbage-collector-controller',
  'namespace-controller',
  'deployment-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'clusterrole-aggregation-controller',
];

/**
 * Starts a real control plane on free ports of the loopback interface, with RBAC and ServiceAccount tokens,
 * and returns when it is ready. There is no scheduler: pods are bound to the lab's node by an admission policy.
 */
export async function startControlPlane(progress: Progress): Promise<ControlPlane> {
  const programs = await controlPlanePrograms(progress);
  const directory = await mkdtemp(join(tmpdir(), 'control-plane-'));
  const processes: ManagedProcess[] = [];
  const stop = async (): Promise<void> => {
    // The API server hangs when etcd is gone before it, so: in reverse order, one after the other.
    for (const process of processes.toReversed()) await process.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    return { ...(await start(programs, directory, processes)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  programs: ControlPlanePrograms,
  directory: string,
  processes: ManagedProcess[],
): Promise<Omit<ControlPlane, 'stop'>> {
  const taken = new Set<number>();
  const [etcdClient, etcdPeer, secure] = [
    await freePort(taken),
    await freePort(taken),
    await freePort(taken),
  ];
  const adminToken = randomBytes(16).toString('hex');
  const pki = join(directory, 'pki');
  await mkdir(pki);
  await writeServiceAccountKeys(pki);
  await writeFile(join(directory, 'tokens.csv'), `${adminToken},admin,admin,"system:masters"\n`, {
    mode: 0o600,
  });
  await writeFile(join(directory, 'audit-policy.json'), JSON.stringify(AUDIT_POLICY));
  const begin = async (name: keyof ControlPlanePrograms, args: string[]): Promise<ManagedProcess> => {
    const logFile = join(directory, `${name}.log`);
    const started = await startProcess(name, programs[name], args, { logFile, cwd: directory });
    processes.push(started);
    return started;
  };
  const url = `https://127.0.0.1:${secure}`;
  const beginApiServer = async (): Promise<ManagedProcess> => {
    const started = await begin('apiServer', apiServerArguments(directory, etcdClient, secure));
    await waitUntilReady(`${url}/readyz`, adminToken, [etcd.died, started.died]);
    return started;
  };

  const etcd = await begin('etcd', etcdArguments(directory, etcdClient, etcdPeer));
  let running = await beginApiServer();
  const restarts: { from: number; to: number }[] = [];
  const apiServer: ApiServerProcess = {
    get pid() {
      return running.pid;
    },
    stop: () => running.stop(),
    restarts,
    start: async () => {
      const from = Date.now();
      running = await beginApiServer();
      restarts.push({ from, to: Date.now() });
    },
  };

  const caFile = join(pki, 'apiserver.crt');
  const kubeconfigFile = join(directory, 'kubeconfig');
  const endpoint = { url, token: adminToken, ca: await readFile(caFile, 'utf8') };
  await writeFile(kubeconfigFile, kubeconfig(endpoint, 'admin'), { mode: 0o600 });
  await begin('controllerManager', controllerManagerArguments(kubeconfigFile, pki));

  const kubectl = async (args: readonly string[], input?: string): Promise<string> => {
    const { file, args: first } = programs.kubectl;
    const running = promisify(execFile)(file, [...first, '--kubeconfig', kubeconfigFile, ...args], {
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, HOME: directory },
    });
    running.child.stdin?.end(input ?? '');
    return (await running).stdout;
  };
  const keyFile = join(pki, 'apiserver.key');
  const auditLog = join(directory, 'audit.log');
  return {
    url,
    caFile,
    keyFile,
    adminToken,
    kubeconfig: kubeconfigFile,
    apiServer,
    auditLog,
    directory,
    kubectl,
  };
}

function etcdArguments(directory: string, client: number, peer: number): string[] {
  const clientURL = `http://127.0.0.1:${client}`;
  const peerURL = `http://127.0.0.1:${peer}`;
  return [
    `--data-dir=${join(directory, 'etcd')}`,
    `--listen-client-urls=${clientURL}`,
    `--advertise-client-urls=${clientURL}`,
    `--listen-peer-urls=${peerURL}`,
    `--initial-advertise-peer-urls=${peerURL}`,
    `--initial-cluster=default=${peerURL}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

function apiServerArguments(directory: string, etcd: number, secure: number): string[] {
  const pki = join(directory, 'pki');
  return [
    `--etcd-servers=http://127.0.0.1:${etcd}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${secure}`,
    `--cert-dir=${pki}`,
    `--token-auth-file=${join(directory, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${join(pki, 'sa.pub')}`,
    `--service-account-signing-key-file=${join(pki, 'sa.key')}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--endpoint-reconciler-type=none',
    '--kubelet-preferred-address-types=InternalIP',
    `--disable-admission-plugins=${ADMISSION_OFF}`,
    '--feature-gates=MutatingAdmissionPolicy=true',
    '--runtime-config=admissionregistration.k8s.io/v1beta1=true',
    `--audit-policy-file=${join(directory, 'audit-policy.json')}`,
    `--audit-log-path=${join(directory, 'audit.log')}`,
  ];
}

function controllerManagerArguments(kubeconfig: string, pki: string): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--secure-port=0',
    `--service-account-private-key-file=${join(pki, 'sa.key')}`,
    '--use-service-account-credentials=false',
    `--controllers=${CONTROLLERS.join(',')}`,
  ];
}

async function writeServiceAccountKeys(folder: string): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeFile(join(folder, 'sa.key'), privateKey.export({ type: 'sec1', format: 'pem' }), {
    mode: 0o600,
  });
  await writeFile(join(folder, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
}
