import { SIDES, type Side } from '../../../operator/model.ts';
import type { Files } from '../memory-folder.ts';
import { FORMATS, type LogEntry } from './formats.ts';
import { podJson } from './pod-json.ts';
import type { Random } from './random.ts';
import type { Behaviour } from './service.ts';
import { simulatePod, type Traffic } from './simulate.ts';
import type { Kind } from './vocabulary.ts';

/** One side of a synthetic pair. */
export interface SidePlan {
  readonly behaviour: Behaviour;
  readonly pods: number;
  /** Expected requests of all pods in the window. */
  readonly requests: number;
  /** How the first pod differs, when one does. */
  readonly firstPod?: Behaviour;
  /** The first pods, so many of them, stop working after this part of the window; what is inserted goes on. */
  readonly stopped?: { readonly pods: number; readonly after: number };
  /** The first pods, so many of them, start within the window, are not Ready and log no more than their start-up. */
  readonly unready?: number;
  /** Records at arbitrary times, of arbitrary pods. */
  readonly insert?: readonly Kind[];
  /** How long the pods had run when the window begins, in seconds; negative when they start within it. */
  readonly age: number;
}

/** A synthetic pair. */
export interface PairPlan {
  readonly traffic: Traffic;
  readonly stable: SidePlan;
  readonly canary: SidePlan;
  /** Whether lines start with the kubelet's timestamps. */
  readonly timestamps: boolean;
  /** Whether there is a pod.json for each pod. */
  readonly podJson: boolean;
  /** Epoch milliseconds of a look on the way: nothing later is in the files; all of it when absent. */
  readonly until?: number;
}

/** Writes the pair as the files of a bundle. The same source of chance gives the same files. */
export function writePair(random: Random, plan: PairPlan): Files {
  const files: Record<string, string> = {};
  const { until = Number.POSITIVE_INFINITY } = plan;
  for (const side of SIDES) {
    const { pods, requests, behaviour, firstPod, age, stopped, unready = 0 } = plan[side];
    const { from, seconds } = plan.traffic;
    const hash = random.fork(`${side}/hash`).hex(9);
    const inserted = insertedRecords(random.fork(`${side}/insert`), plan, side);
    for (let i = 0; i < pods; i++) {
      const own = random.fork(`${side}/${i}`);
      const name = `shop-${hash}-${own.hex(5)}`;
      const does = i === 0 && firstPod !== undefined ? firstPod : behaviour;
      const ready = i >= unready;
      const started = ready ? from - age * 1000 : from + (seconds - Math.min(90, seconds / 2)) * 1000;
      const stop =
        stopped !== undefined && i < stopped.pods ? from + stopped.after * seconds * 1000 : Infinity;
      const served = ready ? simulatePod(own, does, plan.traffic, requests / pods) : [];
      const entries = [
        ...startUp(own.fork('start-up'), does, started),
        ...served.filter(({ time }) => time < stop),
        ...inserted.filter(({ pod }) => pod === i).map(({ entry }) => entry),
      ]
        .filter(({ time }) => time < until)
        .sort((a, b) => a.time - b.time);
      files[`${side}/${name}/shop.log`] = written(entries, does, name, plan.timestamps);
      if (plan.podJson) {
        const end = Math.min(until, from + seconds * 1000);
        files[`${side}/${name}/pod.json`] = podJson({ name, hash, started, end, ready });
      }
    }
  }
  return files;
}

function insertedRecords(random: Random, { traffic, ...plan }: PairPlan, side: Side) {
  const { insert = [], pods } = plan[side];
  return insert.map((kind) => ({
    pod: random.int(0, pods - 1),
    entry: {
      time: traffic.from + random.between(0.3, 1) * traffic.seconds * 1000,
      kind,
      fields: kind.fields(random, random.int(1, 100)),
    },
  }));
}

function startUp(random: Random, { startUp: kinds }: Behaviour, started: number): LogEntry[] {
  return kinds.map((kind, i) => ({ time: started + 200 + i * 700, kind, fields: kind.fields(random, 1) }));
}

function written(
  entries: readonly LogEntry[],
  { format }: Behaviour,
  pod: string,
  timestamps: boolean,
): string {
  const write = FORMATS[format];
  let text = '';
  for (const entry of entries) {
    const prefix = timestamps ? `${new Date(entry.time).toISOString().slice(0, -1)}000000Z ` : '';
    for (const line of write(entry, pod)) text += `${prefix}${line}\n`;
  }
  return text;
}
