import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startEmbeddedLab } from './cluster.ts';

/** What kubectl is asked, and what its output or its complaint must hold. */
const DIALOGUE: readonly (readonly [command: string, expected: RegExp])[] = [
  ['version', /Server Version: v1\.35/],
  ['api-resources', /canaryanalyses\s+cana\s+metric-ai\.argoproj-labs\.io\/v1alpha1\s+true\s+CanaryAnalysis/],
  ['explain cana.spec.cancelled', /FIELD: cancelled <boolean>/],
  ['get nodes', /process-node\s+Ready/],
  ['run web --image=idle', /pod\/web created/],
  ['wait --for=condition=Ready pod/web --timeout=10s', /condition met/],
  ['get pods -o wide', /web\s+1\/1\s+Running\s+0\s+\d+s\s+127\.0\.0\.1\s+process-node/],
  ['logs web --timestamps', /^\d{4}-\d\d-\d\dT[\d:]+\.\d{9}Z up/],
  ['logs web -c none', /container none is not valid for pod web/],
  ['describe pod web', /Normal\s+Started\s+.*kubelet\s+Started container web/],
  ['label pod web side=left', /labeled/],
  ['get pods -l side=right', /No resources found/],
  ['delete pod web --grace-period=1', /deleted/],
  ['get pod web', /pods "web" not found/],
  ['get cana -A -o wide', /No resources found/],
];

/** Has a real kubectl (on PATH, or at $KUBECTL) talk to an embedded lab. Throws at the first answer that is not as expected. */
async function tryKubectl(kubectl: string): Promise<void> {
  const lab = await startEmbeddedLab({
    images: { idle: ['node', '-e', 'console.log("up"); setInterval(() => {}, 1000)'] },
  });
  const ask = async (...args: string[]): Promise<string> => {
    const env = { ...process.env, KUBECONFIG: lab.kubeconfig, HOME: lab.directory };
    const asked = promisify(execFile)(kubectl, args, { env, timeout: 30_000 });
    const { stdout, stderr } = await asked.catch((error: { stdout?: string; stderr?: string }) => error);
    return `${stdout ?? ''}${stderr ?? ''}`;
  };
  try {
    const definition = join(import.meta.dirname, '../../crds/metric-ai.argoproj-labs.io_canaryanalyses.yaml');
    const dialogue: [string[], RegExp][] = DIALOGUE.map(([command, expected]) => [
      command.split(' '),
      expected,
    ]);
    dialogue.unshift([['apply', '-f', definition], /created/], [['apply', '-f', definition], /unchanged/]);
    for (const [args, expected] of dialogue) {
      const answer = await ask(...args);
      if (!expected.test(answer))
        throw new Error(`kubectl ${args.join(' ')}: expected ${expected}, got:\n${answer}`);
      process.stdout.write(`ok  kubectl ${args.join(' ')}\n`);
    }
  } finally {
    await lab.stop();
  }
}

await tryKubectl(process.env['KUBECTL'] ?? 'kubectl');
