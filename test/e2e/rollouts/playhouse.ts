import { setTimeout as sleep } from 'node:timers/promises';
import type { RolloutsMinor } from '../../lab/control-plane/programs.ts';
import { orAborted } from '../../support/promises.ts';
import { complaints, diagnose, type Told, toldVerdicts } from './diagnosis.ts';
import { unusedRights } from './rights.ts';
import { type Shop, startShop } from './shop.ts';
import { type Stage, type StageOptions, startStage } from './stage.ts';

/** Stages that are up at the same time; each is a control plane of its own. */
const STAGES_AT_ONCE = 4;
/** A stage that is not up by then, first builds included, does not come up at all. */
const STAGE_MS = 2_400_000;
/** After so long without a finished test, a line says what is under way. */
const SILENCE_MS = 20_000;
/** What a story's own waits may take to end, once its time is up, and to say what for. */
const LAST_WORDS_MS = 5_000;
/** What a cluster may take to tell how things are after a failure, and to clear up. */
const CLUSTER_MS = 30_000;

/** What came of a story. */
export interface Played {
  readonly seconds: number;
  readonly failure?: { readonly error: unknown; readonly diagnosis: string };
}

/** One story: it plays in a namespace of its own and has to end within `limitMs`. */
export class Story {
  readonly title: string;
  readonly play: (shop: Shop) => Promise<void>;
  readonly limitMs: number;
  readonly #played = Promise.withResolvers<Played>();
  startedAt: number | undefined;
  isOver = false;

  constructor(title: string, play: (shop: Shop) => Promise<void>, limitMs: number) {
    this.title = title;
    this.play = play;
    this.limitMs = limitMs;
  }

  /** Resolves when it is over, however it ended. */
  get played(): Promise<Played> {
    return this.#played.promise;
  }

  end(played: Played): void {
    this.isOver = true;
    this.#played.resolve(played);
  }
}

/** What a stage left behind when its stories were over. */
export interface Aftermath extends Told {
  readonly complaints: readonly string[];
  /** What the installation grants and nobody has made use of. */
  readonly unusedRights: readonly string[];
}

/** Stories that share stages of one kind. */
export interface Act {
  readonly minor: RolloutsMinor;
  readonly stories: readonly Story[];
  readonly options: StageOptions;
  /** How many stages share the stories. */
  readonly stages: number;
  /** How many stories play on one stage at the same time. */
  readonly atOnce: number;
  /** Resolves with what each stage left behind; rejects when a stage did not come up. */
  readonly over: PromiseWithResolvers<readonly Aftermath[]>;
}

/** Plays all acts, several at once, for most of the time a story waits; stages come up one after the other. */
export class Playhouse {
  readonly #acts: Act[] = [];
  readonly #began = Date.now();
  #shownAt = Date.now();
  #isOpen = false;

  add(act: Act): void {
    act.over.promise.catch(() => undefined);
    this.#acts.push(act);
  }

  /** Begins to play; the longest stories should have been added first. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    void this.#playAll();
  }

  /** A test has told something: there is no need for a line about what is under way. */
  shown(): void {
    this.#shownAt = Date.now();
  }

  async #playAll(): Promise<void> {
    const over = new AbortController();
    void this.#report(over.signal).catch(() => undefined);
    const running = new Set<Promise<void>>();
    const acts = this.#acts.map((act) => {
      const waiting = [...act.stories];
      const stages: Promise<Aftermath>[] = [];
      return { act, waiting, stages };
    });
    for (const { act, waiting, stages } of acts) {
      for (let index = 0; index < act.stages; index++) {
        while (running.size >= STAGES_AT_ONCE) await Promise.race(running);
        if (waiting.length === 0) break;
        const came = orAborted(
          startStage(act.minor, (line) => this.#say(line), act.options),
          AbortSignal.timeout(STAGE_MS),
        );
        const played = came.then((stage) => playOn(stage, act, waiting));
        stages.push(played);
        const done = played.then(
          () => undefined,
          (error: unknown) => {
            for (const story of waiting.splice(0)) story.end(lost(error));
          },
        );
        const slot: Promise<void> = done.finally(() => running.delete(slot));
        running.add(slot);
        await came.catch(() => undefined);
      }
      Promise.all(stages).then(act.over.resolve, act.over.reject);
    }
    await Promise.all(running);
    over.abort();
  }

  #say(line: string): void {
    process.stdout.write(`    ${line}\n`);
    this.shown();
  }

  async #report(signal: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(1_000, undefined, { signal });
      if (Date.now() - this.#shownAt < SILENCE_MS) continue;
      const stories = this.#acts.flatMap(({ stories }) => stories);
      const over = stories.filter(({ isOver }) => isOver).length;
      const playing = stories.filter(({ startedAt, isOver }) => startedAt !== undefined && !isOver);
      const names = playing.map(({ title }) => (title.length > 45 ? `${title.slice(0, 44)}…` : title));
      const after = Math.round((Date.now() - this.#began) / 1000);
      this.#say(
        `… after ${after} s ${over} of ${stories.length} are over; under way: ${names.join(', ') || 'a stage is coming up'}`,
      );
    }
  }
}

/** Plays stories on one stage until none waits, says what it left behind, and takes it down. */
async function playOn(stage: Stage, { atOnce }: Act, waiting: Story[]): Promise<Aftermath> {
  let count = 0;
  const worker = async (): Promise<void> => {
    for (let story = waiting.shift(); story !== undefined; story = waiting.shift())
      await playOne(stage, story, `shop-${++count}`);
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, worker));
    return {
      complaints: await complaints(stage),
      unusedRights: await unusedRights(stage.lab),
      ...(await toldVerdicts(stage)),
    };
  } finally {
    await stage.stop();
  }
}

async function playOne(stage: Stage, story: Story, namespace: string): Promise<void> {
  story.startedAt = Date.now();
  let failure: Played['failure'];
  const limit = AbortSignal.timeout(story.limitMs);
  let shop: Shop | undefined;
  const play = async (): Promise<void> => {
    shop = await startShop(stage, namespace, limit);
    await story.play(shop);
    for (const one of shop.neighbourhood) await one.eachMeasurementHasItsVerdict();
  };
  try {
    await endsWithin(play(), limit, `the story has not ended in ${story.limitMs / 1000} s`);
  } catch (error) {
    failure = { error, diagnosis: await diagnoseAll(stage, shop) };
  }
  const seconds = Math.round((Date.now() - story.startedAt) / 100) / 10;
  await giveUpAfter(
    shop?.close().catch(() => undefined),
    undefined,
  );
  story.end({ seconds, ...(failure === undefined ? {} : { failure }) });
}

/** Rejects a moment after the signal at the latest: what listens to it has said by then, and better, what it missed. */
async function endsWithin(work: Promise<void>, signal: AbortSignal, complaint: string): Promise<void> {
  const late = Promise.withResolvers<never>();
  const onAbort = () => void setTimeout(() => late.reject(new Error(complaint)), LAST_WORDS_MS);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([work, late.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function diagnoseAll(stage: Stage, shop: Shop | undefined): Promise<string> {
  const diagnoses = (shop?.neighbourhood ?? []).map((one) => diagnose(stage, one.namespace));
  const diagnosis = Promise.all(diagnoses).then(
    (parts) => parts.join(''),
    (cause: unknown) => `no diagnosis: ${cause}\n`,
  );
  return await giveUpAfter(diagnosis, 'no diagnosis: the cluster does not answer\n');
}

/** What the cluster, which may be the one that hangs, answers in time; else `otherwise`. */
function giveUpAfter<T>(answer: Promise<T> | undefined, otherwise: T): Promise<T> {
  const late = sleep(CLUSTER_MS, otherwise, { ref: false });
  return Promise.race([answer ?? otherwise, late]);
}

function lost(error: unknown): Played {
  return { seconds: 0, failure: { error, diagnosis: '' } };
}
