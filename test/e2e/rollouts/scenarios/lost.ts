import { expect } from 'chai';
import { LABEL_AWAITED } from '../../../../crds/v1alpha1/labels.ts';
import { isCompleted } from '../../../lab/driver/model.ts';
import {
  type AnalysisRun,
  analysis,
  canary,
  type PluginConfig,
  setWeight,
} from '../../../lab/rollouts/objects.ts';
import type { AddScenario } from '../scenario-group.ts';
import type { ScenarioWorkload } from '../scenario-workload.ts';

/** What an analysis is at; `isAsked` where somebody was asked for an opinion and does not answer. */
interface Waiting {
  readonly what: string;
  readonly isAsked: boolean;
  readonly config: (workload: ScenarioWorkload) => PluginConfig;
}

/** How the one who waited for the verdict goes. */
interface Loss {
  readonly how: string;
  readonly reason: string;
  /** Whether the AnalysisRun is there afterwards. */
  readonly keepsRun: boolean;
  readonly lose: (workload: ScenarioWorkload, run: AnalysisRun) => Promise<void>;
}

const AT_ONCE = { observation: { waitSeconds: 1, minPower: 0 } };
const OBSERVING: Waiting = {
  what: 'the observation',
  isAsked: false,
  config: () => ({ observation: { waitSeconds: 300 } }),
};
const AGENT: Waiting = {
  what: 'the call to an agent',
  isAsked: true,
  config: ({ environment }) => ({ ...AT_ONCE, ...environment.reviewer.agent() }),
};
const MODEL: Waiting = {
  what: 'the call to Gemini',
  isAsked: true,
  config: ({ environment, namespace }) => ({ ...AT_ONCE, ...environment.reviewer.model(namespace) }),
};

const ABORTED: Loss = {
  how: 'a person aborts the Rollout',
  reason: 'Cancelled',
  keepsRun: true,
  lose: (workload) => workload.abort(),
};
const DELETED: Loss = {
  how: 'the AnalysisRun is deleted',
  reason: 'AnalysisRunEnded',
  keepsRun: false,
  lose: async (workload, run) => {
    // The Rollout becomes the owner with the first write; a run that is gone before could not say whose it was.
    await workload.untilAnalysis('belongs to the Rollout', ({ metadata }) =>
      (metadata.ownerReferences ?? []).some(({ kind }) => kind === 'Rollout'),
    );
    await workload.remove(run);
  },
};

const LIMIT_MS = 10_000;

/** An analysis whose verdict nobody waits for any more. */
export function losses(scenario: AddScenario): void {
  for (const loss of [ABORTED, DELETED])
    for (const waiting of [OBSERVING, AGENT, MODEL])
      scenario(`ends ${waiting.what} when ${loss.how}`, (workload) => execute(workload, waiting, loss));
}

async function execute(
  workload: ScenarioWorkload,
  waiting: Waiting,
  { how, reason, keepsRun, lose }: Loss,
): Promise<void> {
  const { reviewer } = workload.environment;
  await workload.template('check', waiting.config(workload));
  const before = await workload.deploy(canary([setWeight(34), analysis('check')]));
  await workload.ship({ version: 'v2' });
  const run = await workload.untilMeasuring();
  const [asked] = await workload.analyses();
  const question = waiting.isAsked ? await reviewer.question(workload.namespace, workload.signal) : undefined;
  await workload.untilAnalysis('is observed', ({ status }) => status?.canaryHash !== undefined, asked);

  const lost = Date.now();
  await lose(workload, run);
  if (question !== undefined) {
    const closed = await question.untilClosed(workload.signal);
    expect(closed - lost, `until the reviewer is let go of after ${how}`).to.be.below(LIMIT_MS);
  }
  const { status } = await workload.untilAnalysis(
    'has ended and is not awaited',
    ({ status, metadata }) => status?.verdict !== undefined && metadata.labels?.[LABEL_AWAITED] === undefined,
    asked,
  );
  expect(status).to.include({ verdict: 'Inconclusive', reason });
  expect(Date.parse(status?.completionTime ?? '') - lost, `until the verdict after ${how}`).to.be.below(
    LIMIT_MS,
  );

  // Argo Rollouts makes another AnalysisRun in the place of one that was deleted: the Rollout is aborted in any case.
  await workload.abort();
  const degraded = await workload.untilPhase('Degraded');
  expect(degraded.status?.stableRS, 'nothing is promoted').to.equal(before.status?.stableRS);
  const runs = await workload.analysisRuns();
  if (keepsRun) expect(runs).to.have.lengthOf(1);
  for (const run of runs) {
    // The Rollout may be Degraded a moment before its AnalysisRun is over.
    const { status: ended } = await workload.untilAnalysisRun(run, 'is over', (one) =>
      isCompleted(one.status?.phase),
    );
    expect(ended?.phase, 'a terminated run that counted as a success would promote a retry').to.equal(
      'Inconclusive',
    );
  }
  await workload.eachMeasurementHasItsVerdict();
  for (const one of reviewer.questions(workload.namespace)) await one.untilClosed(workload.signal);
  await workload.leaveNothing();
}
