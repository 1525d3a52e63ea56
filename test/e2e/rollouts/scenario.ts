import { expect } from 'chai';
import type { RolloutsMinor } from '../../lab/control-plane/programs.ts';
import { type Aftermath, Playhouse, Story } from './playhouse.ts';
import { SELDOM_USED } from './rights.ts';
import type { Shop } from './shop.ts';
import type { StageOptions } from './stage.ts';

/** Registers a test: a story of one Rollout in a namespace of its own, which may take `limitMs`, else {@link LIMIT_MS}. */
export type Scenario = (title: string, play: (shop: Shop) => Promise<void>, limitMs?: number) => void;

/** What some stories prove together, and what registers them. */
export type Section = readonly [proves: string, register: (story: Scenario) => void];

/** A block of tests. */
export interface Block {
  readonly title: string;
  readonly minor: RolloutsMinor;
  readonly sections: readonly Section[];
  readonly stage?: StageOptions;
  /** How many stages share the stories; 1 when absent. */
  readonly stages?: number;
  /** How many stories play on one stage at the same time; 1 when absent. */
  readonly atOnce?: number;
  /** Whether its scenarios, all of them on one stage, need every right that the installation grants. */
  readonly usesAllRights?: boolean;
  /** Errors may be logged, and a process that was killed may have told less than it did. */
  readonly faults?: boolean;
}

/** The longest that one story may take where it does not say: generous, for the machine may be busy with other things. */
const LIMIT_MS = 240_000;
/** Building everything for the first time takes some 25 minutes on two cores. */
const FIRST_BUILD_MS = 2_400_000;

/**
 * Blocks of tests that play at the same time, begun in the order of `begin`, shown in their own; a test's line says how long it
 * took by itself. `only` chooses among their titles.
 */
export function describeRollouts(
  blocks: readonly Block[],
  { only, begin }: { only: RegExp; begin: (a: Block, b: Block) => number },
): void {
  const playhouse = new Playhouse();
  const written = blocks.map((block) => ({ block, act: describeBlock(playhouse, block, only) }));
  for (const { act } of written.toSorted((a, b) => begin(a.block, b.block)))
    if (act.stories.length > 0) playhouse.add(act);
}

function describeBlock(playhouse: Playhouse, block: Block, only: RegExp) {
  const stories: Story[] = [];
  const { minor, stages = 1, atOnce = 1, stage: options = {} } = block;
  const over = Promise.withResolvers<readonly Aftermath[]>();
  describe(block.title, function () {
    // A story ends by its own limit, counted from when it begins to play.
    this.timeout(0);
    this.slow(LIMIT_MS);
    before(() => playhouse.open());
    after(async function () {
      this.timeout(FIRST_BUILD_MS);
      await over.promise;
    });
    const story: Scenario = (title, play, limitMs = LIMIT_MS) => {
      if (!only.test(title)) return;
      const told = new Story(title, play, limitMs);
      stories.push(told);
      it(title, async function () {
        const { seconds, failure } = await told.played;
        playhouse.shown();
        const { test } = this;
        if (test !== undefined) test.title = `${title} (${seconds} s)`;
        if (failure === undefined) return;
        process.stdout.write(failure.diagnosis);
        throw failure.error;
      });
    };
    for (const [proves, register] of block.sections) describe(proves, () => register(story));
    const isWhole = only.test('');
    if (stories.length > 0)
      describeAftermath(over.promise, { ...block, usesAllRights: block.usesAllRights === true && isWhole });
  });
  return { minor, stories, options, stages, atOnce, over };
}

/** What has to hold of everything together when the stories are over. */
function describeAftermath(
  over: Promise<readonly Aftermath[]>,
  { faults = false, usesAllRights = false }: Block,
): void {
  describe('and of all of it', function () {
    this.timeout(FIRST_BUILD_MS);

    it(`is refused nothing under its least rights${faults ? '' : ', and logs no error'}`, async () => {
      const complaints = (await over).flatMap((one) => one.complaints);
      expect(complaints.filter((line) => !faults || /forbidden/i.test(line))).to.deep.equal([]);
    });

    it('tells of no verdict twice, in the log or as an Event', async () => {
      for (const { logged, events } of await over)
        for (const told of [logged, events]) expect(new Set(told).size).to.equal(told.length);
    });

    if (faults) return;
    if (usesAllRights)
      it('makes use of every right that it is granted, but for those with a reason', async () => {
        const [one] = await over;
        expect(one?.unusedRights.filter((right) => SELDOM_USED[right] === undefined)).to.deep.equal([]);
      });

    it('tells of each verdict, in the log and as an Event', async () => {
      for (const { started, logged, events } of await over) {
        expect(logged).to.have.lengthOf.above(0);
        expect(logged).to.include.members(started);
        expect(events).to.deep.equal(logged);
      }
    });
  });
}
