import { chosenMinors, NEWEST } from './minors.ts';
import { describeRollouts, type Scenarios } from './scenario.ts';
import { backgroundAnalyses } from './scenarios/background.ts';
import { blueGreen } from './scenarios/blue-green.ts';
import { experiments } from './scenarios/experiment.ts';
import { interruptions } from './scenarios/interruptions.ts';
import { kills } from './scenarios/kills.ts';
import { meddling } from './scenarios/meddling.ts';
import { operatorDown, outages } from './scenarios/outages.ts';
import { releases } from './scenarios/release.ts';
import { analysisSteps } from './scenarios/steps.ts';

for (const minor of chosenMinors(process.env)) {
  describeRollouts(minor, (scenarios) => {
    releases(scenarios);
    if (minor !== NEWEST) return;
    backgroundAnalyses(scenarios);
    analysisSteps(scenarios);
    experiments(scenarios);
    blueGreen(scenarios);
    interruptions(scenarios);
  });
  if (minor !== NEWEST) continue;
  const underFaults = (scenarios: Scenarios): void => {
    meddling(scenarios);
    kills(scenarios);
    outages(scenarios);
    if (process.env['SLOW'] === '1') operatorDown(scenarios);
  };
  describeRollouts(minor, underFaults, { faults: true });
}
