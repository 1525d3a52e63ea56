import { expect } from 'chai';
import { SELDOM_USED } from './rights.ts';
import { Scenario } from './scenario.ts';
import type { AddScenario, ScenarioGroup } from './scenario-group.ts';
import { type EnvironmentReport, type ScenarioBatch, ScenarioRunner } from './scenario-runner.ts';

/** The longest that one scenario may take where it does not say: generous, for the machine may be busy with other things. */
const LIMIT_MS = 240_000;
/** Building everything for the first time takes some 25 minutes on two cores. */
const FIRST_BUILD_MS = 2_400_000;

/**
 * Groups of tests that run at the same time, begun in the order of `begin`, shown in their own; a test's line says how long it
 * took by itself. `only` chooses among their titles.
 */
export function describeRollouts(
  groups: readonly ScenarioGroup[],
  { only, begin }: { only: RegExp; begin: (a: ScenarioGroup, b: ScenarioGroup) => number },
): void {
  const runner = new ScenarioRunner();
  const batches = groups.map((group) => describeGroup(runner, group, only));
  for (const batch of batches.toSorted((a, b) => begin(a.group, b.group)))
    if (batch.scenarios.length > 0) runner.add(batch);
}

function describeGroup(runner: ScenarioRunner, group: ScenarioGroup, only: RegExp): ScenarioBatch {
  const scenarios: Scenario[] = [];
  const reports: ScenarioBatch['reports'] = Promise.withResolvers();
  describe(group.title, function () {
    // A scenario ends by its own limit, counted from when it begins.
    this.timeout(0);
    this.slow(LIMIT_MS);
    before(() => runner.start());
    after(async function () {
      this.timeout(FIRST_BUILD_MS);
      await reports.promise;
    });
    const add: AddScenario = (title, body, limitMs = LIMIT_MS) => {
      if (!only.test(title)) return;
      const scenario = new Scenario(title, body, limitMs);
      scenarios.push(scenario);
      it(title, async function () {
        const { seconds, failure } = await scenario.ended;
        runner.told();
        const { test } = this;
        if (test !== undefined) test.title = `${title} (${seconds} s)`;
        if (failure === undefined) return;
        process.stdout.write(failure.diagnosis);
        throw failure.error;
      });
    };
    for (const [proves, register] of group.sections) describe(proves, () => register(add));
    const isWhole = only.test('');
    if (scenarios.length > 0)
      describeReports(reports.promise, { ...group, usesAllRights: group.usesAllRights === true && isWhole });
  });
  return { group, scenarios, reports };
}

/** What has to hold of everything together when the scenarios are over. */
function describeReports(
  reports: Promise<readonly EnvironmentReport[]>,
  { faults = false, usesAllRights = false }: ScenarioGroup,
): void {
  describe('and of all of it', function () {
    this.timeout(FIRST_BUILD_MS);

    it(`is refused nothing under its least rights${faults ? '' : ', and logs no error'}`, async () => {
      const complaints = (await reports).flatMap((one) => one.complaints);
      expect(complaints.filter((line) => !faults || /forbidden/i.test(line))).to.deep.equal([]);
    });

    it('tells of no verdict twice, in the log or as an Event', async () => {
      for (const { logged, events } of await reports)
        for (const told of [logged, events]) expect(new Set(told).size).to.equal(told.length);
    });

    if (faults) return;
    if (usesAllRights)
      it('makes use of every right that it is granted, but for those with a reason', async () => {
        const [one] = await reports;
        expect(one?.unusedRights.filter((right) => SELDOM_USED[right] === undefined)).to.deep.equal([]);
      });

    it('tells of each verdict, in the log and as an Event', async () => {
      for (const { started, logged, events } of await reports) {
        expect(logged).to.have.lengthOf.above(0);
        expect(logged).to.include.members(started);
        expect(events).to.deep.equal(logged);
      }
    });
  });
}
