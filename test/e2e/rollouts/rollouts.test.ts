import { NEWEST, type RolloutsMinor } from '../../lab/control-plane/programs.ts';
import { chosenMinors } from '../../lab/rollouts/minors.ts';
import { SECOND_PLUGIN_NAME } from '../../lab/rollouts/objects.ts';
import { PLUGIN_NAMES } from '../../lab/system.ts';
import { describeRollouts } from './describe-rollouts.ts';
import type { ScenarioGroup, Section } from './scenario-group.ts';
import { backgroundAnalyses } from './scenarios/background.ts';
import { blueGreen } from './scenarios/blue-green.ts';
import { edits } from './scenarios/edits.ts';
import { experiments } from './scenarios/experiment.ts';
import { handOvers } from './scenarios/hand-overs.ts';
import { kills } from './scenarios/kills.ts';
import { kitTemplates } from './scenarios/kit-templates.ts';
import { losses } from './scenarios/lost.ts';
import { metricAi } from './scenarios/metric-ai.ts';
import { operatorDown, outages } from './scenarios/outages.ts';
import { pluginKilled } from './scenarios/plugin-killed.ts';
import { progressiveDelivery } from './scenarios/progressive-delivery.ts';
import { releases } from './scenarios/release.ts';
import { reports } from './scenarios/reports.ts';
import { reviews } from './scenarios/reviewers.ts';
import { analysisSteps } from './scenarios/steps.ts';
import { twoNames } from './scenarios/two-names.ts';

/*
 * A `Scenario` is one test: a Rollout in a namespace of its own (`Workload`), from revision 1 to its end. Scenarios that need
 * the same cluster form a `ScenarioGroup`, which has one environment or more (`Environment`): a control plane with the stock
 * controller, the plugin and operators. `describeRollouts` registers a mocha test for each scenario, and the `ScenarioRunner` runs
 * them, several at a time because they mostly wait, before mocha asks: a mocha test only reports how its scenario ended. When the
 * scenarios of an environment are over, what they all left in its logs and Events is held against what has to hold of every
 * rollout (`EnvironmentReport`).
 */

/** Run on every minor. */
const EVERYWHERE: readonly Section[] = [
  ['a canary is promoted or aborted on what its pods logged', releases],
  ['what nobody waits for ends within 10 s, model call or wait, and leaves nothing behind', losses],
];

const NEWEST_ONLY: readonly Section[] = [
  ['an abort is told on GitHub once, and a promotion ends that', reports],
  ['an analysis beside the steps may end the rollout at any time, and ends with it', backgroundAnalyses],
  ['an analysis that is a step honours all that a metric can ask for', analysisSteps],
  ['an Experiment is judged by its own pods', experiments],
  ['blue-green is judged before and after the switch', blueGreen],
  ['what people and other programs do to a waiting AnalysisRun changes no verdict', edits],
  ['the Rollouts of the progressive-delivery kit go as it says', progressiveDelivery],
  ['each template of the progressive-delivery kit can succeed, fail and have nothing to say', kitTemplates],
  ['the templates of metric-ai are understood as they are', metricAi],
  ['the plugin under two names is two processes that leave each other alone', twoNames],
];

/** The longest scenarios first: the short ones fill the environments evenly at the end. */
const FAULTS: readonly Section[] = [
  ['an API server that is away decides nothing', outages],
  ['two replicas: a hand-over in mid-analysis gives one verdict', handOvers],
  ['a reviewer decides what it may, and one that is not there nothing', reviews],
  ['a killed plugin loses nothing: the measurement goes on from what is stored', pluginKilled],
  ['SIGKILL in mid-analysis: one verdict each, a fit canary is promoted, one with 500s is not', kills],
];

const NO_OPERATOR: readonly Section[] = [
  ['without an operator nothing is promoted, and the user learns why', operatorDown],
];

function groupsOf(minor: RolloutsMinor): readonly ScenarioGroup[] {
  const title = `Argo Rollouts ${minor}`;
  if (minor !== NEWEST) return [{ title, minor, sections: EVERYWHERE, atOnce: 4 }];
  const pluginNames = [...PLUGIN_NAMES, SECOND_PLUGIN_NAME];
  return [
    {
      title,
      minor,
      sections: [...EVERYWHERE, ...NEWEST_ONLY],
      environment: { pluginNames, elected: true },
      atOnce: 4,
      usesAllRights: true,
    },
    { title: `${title} under faults`, minor, sections: FAULTS, environments: 3, faults: true },
    {
      title: `${title} without an operator`,
      minor,
      sections: NO_OPERATOR,
      environment: { withOperator: false },
      faults: true,
    },
  ];
}

describeRollouts(chosenMinors(process.env).flatMap(groupsOf), {
  only: new RegExp(process.env['ONLY'] ?? '', 'i'),
  // The six minutes without an operator pass while everything else runs.
  begin: ({ environment: a = {} }, { environment: b = {} }) =>
    Number(a.withOperator ?? true) - Number(b.withOperator ?? true),
});
