import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { CanaryAnalysisStatus } from '../../crds/v1alpha1/status.ts';
import type { Measurement } from '../../plugin/goplugin/metric-provider.ts';
import { decided, refused, running } from '../../plugin/provider/outcome.ts';
import { buildGoProgram } from '../lab/control-plane/go-build.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PROGRAM = {
  name: 'rollouts-notifications',
  module: join(ROOT, 'test/lab/control-plane/modules/notifications'),
  package: '.',
  about:
    'what the Rollouts controller sends notifications with (seconds, where the controller is built; else some minutes)',
};
const COMPONENT = 'kustomize/components/notifications/config-map.yaml';
const KIT = 'examples/progressive-delivery/notifications/config-map.yaml';
const NOW = new Date('2026-01-01T00:01:00Z');
const HASH = 'rollouts-pod-template-hash';
const REVISION = 'rollout.argoproj.io/revision';
const STARTED = running({ namespace: 'shop', name: 'web-1', uid: 'u1' }, NOW);

interface Sent {
  readonly service: string;
  readonly recipient: string;
  readonly message: string;
}

describe("notifications, by the Rollouts controller's own recorder of events", () => {
  let program: string;
  before(async function () {
    this.timeout(900_000);
    program = await buildGoProgram(PROGRAM, (line) => process.stdout.write(`    ${line}\n`));
  });

  /** What is sent to a Rollout's channel on an event; the kit's ConfigMap is merged into the component's, as kustomize does. */
  async function sentOn(
    reason: string,
    trigger: string,
    analysisRuns: readonly object[] = [],
  ): Promise<Sent[]> {
    const [component, kit] = [COMPONENT, KIT].map((path) => parse(readFileSync(join(ROOT, path), 'utf8')));
    const child = spawn(program, [], { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.end(
      JSON.stringify({
        configMap: { ...component, data: { ...component.data, ...kit.data } },
        secret: { data: { 'slack-token': Buffer.from('a-token').toString('base64') } },
        reason,
        rollout: rolloutWith(trigger),
        analysisRuns,
      }),
    );
    const [out, log, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
    ]);
    expect(code, log).to.equal(0);
    return JSON.parse(out);
  }

  const verdicts = [
    ['AnalysisRunSuccessful', 'on-analysis-run-successful', 'Promote', 'NoRegression'],
    ['AnalysisRunFailed', 'on-analysis-run-failed', 'Abort', 'Regression'],
    ['AnalysisRunInconclusive', 'on-analysis-run-inconclusive', 'Inconclusive', 'Suspicion'],
    ['AnalysisRunError', 'on-analysis-run-error', 'Error', 'ReviewerUnavailable'],
  ] as const;
  for (const [event, trigger, verdict, reason] of verdicts)
    it(`say on ${event} the verdict, its reason, its sentence and its link`, async () => {
      const message = `Because of ${reason} & "so on".`;
      const link = 'https://argocd.example.com/applications/web';
      const sent = await sentOn(event, trigger, [run(judged({ verdict, reason, message, link }))]);
      expect(sent).to.deep.equal([
        {
          service: 'slack',
          recipient: 'releases',
          message: `Canary analysis of shop/web\n${verdict} (${reason}): ${message} ${link} [shop/web-1]\n`,
        },
      ]);
    });

  it('say of a measurement without a verdict why there is none', async () => {
    const refusal = { reason: 'OperatorNotRunning', message: 'No operator took up the analysis.' } as const;
    const [sent] = await sentOn('AnalysisRunError', 'on-analysis-run-error', [
      run(refused(STARTED, 'Error', refusal, NOW)),
    ]);
    expect(sent?.message).to.include(`Error (${refusal.reason}): ${refusal.message} [shop/web-1]`);
    const [unnamed] = await sentOn('AnalysisRunError', 'on-analysis-run-error', [
      run(refused({ phase: 'Error' }, 'Error', refusal, NOW)),
    ]);
    expect(unnamed?.message).to.match(/No operator took up the analysis\.\n$/);
  });

  it("say no word of another revision's analyses, of one under way and of other providers' metrics", async () => {
    const older = run(judged({ verdict: 'Abort', reason: 'Regression', message: 'An older one.' }), '1');
    const other = run({ phase: 'Successful', value: '1', message: 'a number of Prometheus' });
    const sent = await sentOn('AnalysisRunFailed', 'on-analysis-run-failed', [older, run(STARTED), other]);
    expect(sent.map(({ message }) => message.trimEnd())).to.deep.equal(['Canary analysis of shop/web']);
  });

  it('say nothing to who asked for another trigger', async () => {
    expect(await sentOn('AnalysisRunFailed', 'on-rollout-aborted')).to.deep.equal([]);
  });

  it('tell in the progressive-delivery kit how a release ended', async () => {
    expect(await sentOn('RolloutAborted', 'on-rollout-aborted')).to.deep.equal([
      { service: 'slack', recipient: 'releases', message: 'shop/web: the release was aborted.' },
    ]);
    expect(await sentOn('RolloutCompleted', 'on-rollout-completed')).to.deep.equal([
      { service: 'slack', recipient: 'releases', message: 'shop/web: the release is complete.' },
    ]);
  });
});

/** The measurement that the plugin makes of a status. */
function judged(status: CanaryAnalysisStatus): Measurement {
  const analysis = { metadata: { namespace: 'shop', name: 'web-1', uid: 'u1' }, spec: {}, status };
  const measurement = decided(STARTED, analysis, NOW);
  if (measurement === undefined) throw new Error('the status has no verdict');
  return measurement;
}

function rolloutWith(trigger: string): object {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: {
      namespace: 'shop',
      name: 'web',
      annotations: { [REVISION]: '2', [`notifications.argoproj.io/subscribe.${trigger}.slack`]: 'releases' },
    },
    spec: {},
    status: { currentPodHash: 'abc' },
  };
}

/** An AnalysisRun of the Rollout as the controller stores it. */
function run(
  { phase, message, value, metadata }: Pick<Measurement, 'phase' | 'message' | 'value' | 'metadata'>,
  revision = '2',
): object {
  const stored = { phase, message, value, metadata: Object.fromEntries(metadata ?? []) };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: {
      namespace: 'shop',
      name: `web-abc-${revision}-1-${phase}`.toLowerCase(),
      labels: { [HASH]: 'abc' },
      annotations: { [REVISION]: revision },
    },
    spec: { metrics: [] },
    status: { phase, metricResults: [{ name: 'logs', phase, measurements: [stored] }] },
  };
}
