import { chosenMinors } from './minors.ts';
import { describeRollouts } from './scenario.ts';
import { releases } from './scenarios/release.ts';

for (const minor of chosenMinors(process.env)) {
  describeRollouts(minor, (scenarios) => {
    releases(scenarios);
  });
}
