import { expect } from 'chai';
import { LABEL_AWAITED } from '../../../../crds/v1alpha1/labels.ts';
import { type AnalysisRun, analysis, canary, type PluginConfig, setWeight } from '../objects.ts';
import type { Scenario } from '../scenario.ts';
import type { Shop } from '../shop.ts';

/** What an analysis is at; `isAsked` where somebody was asked for an opinion and does not answer. */
interface Waiting {
  readonly what: string;
  readonly isAsked: boolean;
  readonly config: (shop: Shop) => PluginConfig;
}

/** How the one who waited for the verdict goes. */
interface Loss {
  readonly how: string;
  readonly reason: string;
  /** Whether the AnalysisRun is there afterwards. */
  readonly keepsRun: boolean;
  readonly lose: (shop: Shop, run: AnalysisRun) => Promise<void>;
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
  config: ({ stage }) => ({ ...AT_ONCE, ...stage.reviewer.agent() }),
};
const MODEL: Waiting = {
  what: 'the call to Gemini',
  isAsked: true,
  config: ({ stage, namespace }) => ({ ...AT_ONCE, ...stage.reviewer.model(namespace) }),
};

const ABORTED: Loss = {
  how: 'a person aborts the Rollout',
  reason: 'Cancelled',
  keepsRun: true,
  lose: (shop) => shop.abort(),
};
const DELETED: Loss = {
  how: 'the AnalysisRun is deleted',
  reason: 'AnalysisRunEnded',
  keepsRun: false,
  lose: async (shop, run) => {
    // The Rollout becomes the owner with the first write; a run that is gone before could not say whose it was.
    await shop.untilAnalysis('belongs to the Rollout', ({ metadata }) =>
      (metadata.ownerReferences ?? []).some(({ kind }) => kind === 'Rollout'),
    );
    await shop.remove(run);
  },
};

const LIMIT_MS = 10_000;

/** An analysis whose verdict nobody waits for any more. */
export function losses(story: Scenario): void {
  for (const loss of [ABORTED, DELETED])
    for (const waiting of [OBSERVING, AGENT, MODEL])
      story(`ends ${waiting.what} when ${loss.how}`, (shop) => play(shop, waiting, loss));
}

async function play(shop: Shop, waiting: Waiting, { how, reason, keepsRun, lose }: Loss): Promise<void> {
  const { reviewer } = shop.stage;
  await shop.template('check', waiting.config(shop));
  const before = await shop.begin(canary([setWeight(34), analysis('check')]));
  await shop.ship({ version: 'v2' });
  const run = await shop.untilMeasuring();
  const [asked] = await shop.analyses();
  const question = waiting.isAsked ? await reviewer.question(shop.namespace, shop.signal) : undefined;
  await shop.untilAnalysis('is observed', ({ status }) => status?.canaryHash !== undefined, asked);

  const lost = Date.now();
  await lose(shop, run);
  if (question !== undefined) {
    const closed = await question.untilClosed(shop.signal);
    expect(closed - lost, `until the reviewer is let go of after ${how}`).to.be.below(LIMIT_MS);
  }
  const { status } = await shop.untilAnalysis(
    'has ended and is not awaited',
    ({ status, metadata }) => status?.verdict !== undefined && metadata.labels?.[LABEL_AWAITED] === undefined,
    asked,
  );
  expect(status).to.include({ verdict: 'Inconclusive', reason });
  expect(Date.parse(status?.completionTime ?? '') - lost, `until the verdict after ${how}`).to.be.below(
    LIMIT_MS,
  );

  // Argo Rollouts makes another AnalysisRun in the place of one that was deleted: the Rollout is aborted in any case.
  await shop.abort();
  const degraded = await shop.untilPhase('Degraded');
  expect(degraded.status?.stableRS, 'nothing is promoted').to.equal(before.status?.stableRS);
  const runs = await shop.analysisRuns();
  if (keepsRun) expect(runs).to.have.lengthOf(1);
  for (const { status: ended } of runs)
    expect(ended?.phase, 'a terminated run that counted as a success would promote a retry').to.equal(
      'Inconclusive',
    );
  await shop.eachMeasurementHasItsVerdict();
  for (const one of reviewer.questions(shop.namespace)) await one.untilClosed(shop.signal);
  await shop.leaveNothing();
}
