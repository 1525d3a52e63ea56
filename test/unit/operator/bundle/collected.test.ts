import { expect } from 'chai';
import fc from 'fast-check';
import { collectedOf } from '../../../../operator/bundle/index.ts';
import { judgeBundle } from '../../../../operator/cli/judge.ts';
import { assess, BUILT_IN_POLICY, decide } from '../../../../operator/judge/index.ts';
import type { Evidence, Interval, Side } from '../../../../operator/model.ts';
import { SIDES } from '../../../../operator/model.ts';
import { type Files, memoryFolder } from '../../../eval/memory-folder.ts';

const FROM = Date.parse('2026-01-01T00:00:00Z');
const WINDOW: Interval = { from: FROM, to: FROM + 600_000 };

/** What was read of one side, beside what its logs say. */
interface SideRead {
  /** Of each pod the number of ordinary and of error lines; undefined where its log was not read. */
  readonly pods: readonly ({ readonly ordinary: number; readonly errors: number } | undefined)[];
  readonly cut: boolean;
  readonly complete: boolean;
  /** Pods that were there and have gone. */
  readonly gone: number;
  /** Whether it logs in words of its own, so that no line is of both sides. */
  readonly alone: boolean;
}

type Reads = Readonly<Record<Side, SideRead>>;

const podName = (side: Side, i: number): string => `${side}-${i}`;
const iso = (time: number): string => new Date(time).toISOString();

function podJson(name: string): string {
  const started = iso(FROM - 3_600_000);
  return JSON.stringify({
    metadata: { name, uid: name, creationTimestamp: started },
    spec: { containers: [{ name: 'web', image: 'shop' }] },
    status: {
      phase: 'Running',
      startTime: started,
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: started }],
      containerStatuses: [
        { name: 'web', ready: true, restartCount: 0, state: { running: { startedAt: started } } },
      ],
    },
  });
}

function files(reads: Reads): Files {
  const all: Record<string, string> = {};
  for (const side of SIDES) {
    for (const [i, log] of reads[side].pods.entries()) {
      const name = podName(side, i);
      all[`${side}/${name}/pod.json`] = podJson(name);
      if (log === undefined) continue;
      const words = reads[side].alone ? `${side} served` : 'served';
      const count = log.ordinary + log.errors;
      all[`${side}/${name}/web.log`] = Array.from({ length: count }, (_, k) => {
        const time = iso(FROM + Math.floor((k * 600_000) / count));
        return k < log.errors ? `${time} ERROR card refused\n` : `${time} INFO ${words} order ${k}\n`;
      }).join('');
    }
  }
  return all;
}

/** The evidence as the operator has it: what files cannot tell is known. */
function seen(evidence: Evidence, reads: Reads): Evidence {
  const side = (name: Side) => ({
    ...evidence[name],
    podsRead: reads[name].pods.flatMap((log, i) => (log === undefined ? [] : [podName(name, i)])),
    ...(reads[name].cut ? { cut: true } : {}),
  });
  const read = (name: Side) => ({
    ...evidence.read[name],
    podsFound: reads[name].pods.length + reads[name].gone,
    podsRead: reads[name].pods.filter((log) => log !== undefined).length,
  });
  return {
    ...evidence,
    stable: side('stable'),
    canary: side('canary'),
    read: { stable: read('stable'), canary: read('canary') },
    logsComplete: { stable: reads.stable.complete, canary: reads.canary.complete },
    gaps: ['a gap'],
  };
}

async function both(reads: Reads) {
  const options = { policy: BUILT_IN_POLICY, now: () => 0, inlineBytes: Number.POSITIVE_INFINITY };
  const bare = files(reads);
  const window = JSON.stringify({ window: { from: iso(WINDOW.from), to: iso(WINDOW.to) } });
  const { evidence, distilled } = await judgeBundle(
    memoryFolder('live', { ...bare, 'collected.json': window }),
    options,
  );
  const live = seen(evidence, reads);
  const assessed = assess({ evidence: live, distilled, minPower: 80, look: 1 });
  const decision = decide(assessed, { kind: 'notConfigured' }, BUILT_IN_POLICY);
  const collected = JSON.stringify(collectedOf(live, WINDOW));
  const again = await judgeBundle(memoryFolder('again', { ...bare, 'collected.json': collected }), options);
  return { live: { evidence: live, assessed, decision }, again };
}

const side = fc.record<SideRead>({
  pods: fc.array(
    fc.option(fc.record({ ordinary: fc.nat(120), errors: fc.oneof(fc.constant(0), fc.nat(20)) }), {
      nil: undefined,
    }),
    { minLength: 1, maxLength: 4 },
  ),
  cut: fc.boolean(),
  complete: fc.boolean(),
  gone: fc.nat(2),
  alone: fc.boolean(),
});

const read = (lines: number, more: Partial<SideRead> = {}): SideRead => ({
  pods: [{ ordinary: lines, errors: 0 }],
  cut: false,
  complete: true,
  gone: 0,
  alone: false,
  ...more,
});

describe('what a bundle says of how it was collected', () => {
  it('gives back the evidence, and the verdict that was given on it', async () => {
    await fc.assert(
      fc.asyncProperty(side, side, async (stable, canary) => {
        const { live, again } = await both({ stable, canary });
        expect(again.evidence).to.deep.equal(live.evidence);
        expect(again.assessed).to.deep.equal(live.assessed);
        expect(again.decision).to.deep.equal(live.decision);
      }),
      { numRuns: 60 },
    );
  });

  it('a log that was cut is no measure of the time, then as now', async () => {
    const alone = { alone: true };
    const whole = await both({ stable: read(300, alone), canary: read(300, alone) });
    const cut = await both({ stable: read(300, { ...alone, cut: true }), canary: read(300, alone) });
    expect(whole.again.assessed.exposureUnit).to.equal('podSeconds');
    expect(cut.again.assessed.exposureUnit).to.equal('lines');
    expect(cut.again.decision.message).to.include('only the newest part of a stable log was read');
  });

  it('a pod that was not read did no work that is known, then as now', async () => {
    const pods = [{ ordinary: 300, errors: 0 }, undefined, undefined];
    const { again } = await both({
      stable: read(0, { alone: true, pods }),
      canary: read(300, { alone: true }),
    });
    expect(again.assessed.exposure).to.deep.equal({ stable: 600, canary: 600 });
  });
});
