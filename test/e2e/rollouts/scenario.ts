import { expect } from 'chai';
import type { RolloutsMinor } from '../../lab/control-plane/programs.ts';
import { complaints, diagnose, toldVerdicts } from './diagnosis.ts';
import { type Shop, startShop } from './shop.ts';
import { type Stage, startStage } from './stage.ts';

/** Registers a test: a story of one Rollout in a namespace of its own, which may take `limitMs`, else 150 s. */
export type Scenario = (title: string, play: (shop: Shop) => Promise<void>, limitMs?: number) => void;

/** How a story is registered: beside others, or after all of those with the stage for itself. */
export interface Scenarios {
  readonly together: Scenario;
  readonly alone: Scenario;
}

interface Played {
  readonly seconds: number;
  readonly failure?: { readonly error: unknown; readonly diagnosis: string };
}

interface Entry {
  readonly title: string;
  readonly play: (shop: Shop) => Promise<void>;
  readonly limitMs: number;
  readonly played: PromiseWithResolvers<Played>;
}

/** Stories that are told at the same time: most of their time they wait. */
const AT_ONCE = 6;
/** The longest that one story may take where it does not say. */
const LIMIT_MS = 150_000;
/** Building everything for the first time takes some 25 minutes on two cores. */
const FIRST_BUILD_MS = 2_400_000;

/**
 * A block of tests on one stage. They play several at once, so that a test's own line says how long it took by itself;
 * `ONLY`, a regular expression, chooses among their titles. Under `faults`, errors may be logged, and a process that was killed
 * may have told less than it did.
 */
export function describeRollouts(
  minor: RolloutsMinor,
  register: (scenarios: Scenarios) => void,
  { faults = false }: { faults?: boolean } = {},
): void {
  describe(`Argo Rollouts ${minor}${faults ? ' under faults' : ''}`, function () {
    this.timeout(0);
    this.slow(LIMIT_MS);
    const together: Entry[] = [];
    const alone: Entry[] = [];
    let stage: Stage | undefined;
    let playing: Promise<void> | undefined;

    before(async function () {
      this.timeout(FIRST_BUILD_MS);
      const began = Date.now();
      stage = await startStage(minor, (line) => process.stdout.write(`    ${line}\n`));
      process.stdout.write(`    everything is up after ${seconds(Date.now() - began)} s\n`);
      playing = playAll(stage, together, alone);
    });

    after(async function () {
      this.timeout(60_000);
      await playing;
      await stage?.stop();
    });

    const only = new RegExp(process.env['ONLY'] ?? '', 'i');
    const into =
      (entries: Entry[]): Scenario =>
      (title, play, limitMs = LIMIT_MS) => {
        if (!only.test(title)) return;
        const entry: Entry = { title, play, limitMs, played: Promise.withResolvers() };
        entries.push(entry);
        it(title, async function () {
          const { seconds, failure } = await entry.played.promise;
          const { test } = this;
          if (test !== undefined) test.title = `${title} (${seconds} s)`;
          if (failure === undefined) return;
          process.stdout.write(failure.diagnosis);
          throw failure.error;
        });
      };
    register({ together: into(together), alone: into(alone) });

    if (together.length + alone.length === 0) return;
    if (faults) {
      it('is refused nothing, and no verdict is told of twice', async () => {
        await playing;
        if (stage === undefined) throw new Error('no stage');
        const refused = (await complaints(stage)).filter((line) => /forbidden/i.test(line));
        expect(refused).to.deep.equal([]);
        const { logged, events } = await toldVerdicts(stage);
        for (const told of [logged, events]) expect(new Set(told).size).to.equal(told.length);
      });
      return;
    }

    it('is refused nothing, and logs no error', async () => {
      await playing;
      expect(stage === undefined ? ['no stage'] : await complaints(stage)).to.deep.equal([]);
    });

    it('tells of each verdict once, in the log and as an Event', async () => {
      await playing;
      if (stage === undefined) throw new Error('no stage');
      const { started, logged, events } = await toldVerdicts(stage);
      expect(logged).to.have.lengthOf.above(0);
      expect(new Set(logged).size, 'no verdict is logged twice').to.equal(logged.length);
      expect(logged).to.include.members(started);
      expect(events).to.deep.equal(logged);
    });
  });
}

async function playAll(stage: Stage, together: readonly Entry[], alone: readonly Entry[]): Promise<void> {
  const waiting = together.map((entry, index) => ({ entry, namespace: `shop-${index + 1}` }));
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      await playOne(stage, next.entry, next.namespace);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  for (const [index, entry] of alone.entries()) await playOne(stage, entry, `shop-alone-${index + 1}`);
}

async function playOne(stage: Stage, { play, limitMs, played }: Entry, namespace: string): Promise<void> {
  const began = Date.now();
  const failed = async (error: unknown): Promise<Played['failure']> => ({
    error,
    diagnosis: await diagnose(stage, namespace).catch((cause: unknown) => `no diagnosis: ${cause}\n`),
  });
  let failure: Played['failure'];
  let shop: Shop | undefined;
  try {
    shop = await startShop(stage, namespace, AbortSignal.timeout(limitMs));
    await play(shop);
    await shop.eachMeasurementHasItsVerdict();
  } catch (error) {
    failure = await failed(error);
  }
  const took = seconds(Date.now() - began);
  await shop?.close().catch(() => undefined);
  played.resolve({ seconds: took, ...(failure === undefined ? {} : { failure }) });
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}
