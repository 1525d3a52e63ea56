import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Severity } from '../../../../../crds/v1alpha1/status.ts';
import { compare } from '../../../../../operator/judge/comparison.ts';
import { KINDS } from '../../../../../operator/judge/findings/index.ts';
import type { JudgeInput } from '../../../../../operator/judge/index.ts';
import type {
  ContainerFact,
  Evidence,
  PodFact,
  Template,
  TemplateCount,
  Termination,
} from '../../../../../operator/model.ts';
import { container, count, END, input, pod, pods, START, template } from '../builders.ts';

/** What a kind makes of an input: its severity and the beginning of its sentence, or nothing. */
interface Row {
  readonly what: string;
  readonly given: JudgeInput;
  readonly found?: readonly [Severity, string];
}

const crashed: Termination = { reason: 'Error', exitCode: 1 };
const oom: Termination = { reason: 'OOMKilled', exitCode: 137 };
const killed: Termination = { reason: 'Error', exitCode: 137 };

const canaryOf = (...of: readonly ContainerFact[]): PodFact[] =>
  of.map((one, i) => pod('canary', `canary-${i + 1}`, { containers: [one] }));
const stableOf = (...of: readonly ContainerFact[]): PodFact[] =>
  of.map((one, i) => pod('stable', `stable-${i + 1}`, { containers: [one] }));
const waits = (waitingReason: string, waitingFor = 10_000): ContainerFact =>
  container({ state: 'waiting', ready: false, waitingReason, waitingFor });
const logs = (...templates: readonly Template[]): JudgeInput => input({ templates });

/** The rows of a reason to wait: lasting, new, as on stable, and another reason. */
function waiting(reason: string, claim: string): readonly Row[] {
  const says = `canary container web ${claim} in 1 of 1 pod; on stable`;
  return [
    {
      what: 'it lasts',
      given: input({ canaryPods: canaryOf(waits(reason)) }),
      found: ['Blocking', `${says} none (pod canary-1 container web, waiting: ${reason})`],
    },
    {
      what: 'it has just begun',
      given: input({ canaryPods: canaryOf(waits(reason, 9_999)) }),
      found: ['Suspicious', says],
    },
    {
      what: 'stable is in it just as much',
      given: input({ canaryPods: canaryOf(waits(reason)), stablePods: stableOf(waits(reason)) }),
      found: ['Info', `${says} 1`],
    },
    {
      what: 'the container waits for something else',
      given: input({ canaryPods: canaryOf(waits('ContainerCreating')) }),
    },
    {
      what: 'the pod was evicted',
      given: input({ canaryPods: canaryOf(waits(reason)).map((one) => ({ ...one, reason: 'Evicted' })) }),
    },
  ];
}

/** A container of the canary that ended, and the template of its last error. */
function ended(
  end: Termination,
  last: Template,
  others: readonly Template[] = [],
  lines?: { stable: number; canary: number },
) {
  const source = { side: 'canary', pod: 'canary-1', container: 'web', kind: 'app', previous: true } as const;
  return input({
    templates: [last, ...others],
    canaryPods: canaryOf(container({ restarts: 1, lastTerminated: end })),
    distilled: { lastWords: [{ source, templateId: last.id }] },
    ...(lines === undefined ? {} : { lines }),
  });
}

const apart = [template('info', 800, 0), template('info', 0, 800)];
const nothing = { stable: 0, canary: 0 };
const jobs = (text: string, uid = '', stable = 0): JudgeInput =>
  input({
    canaryPods: [pod('canary', 'canary-1', { uid })],
    templates: [template('unknown', stable, count('canary', 1, { samples: [text] }), text)],
  });
const spread = (...counts: readonly (readonly [number, number])[]): JudgeInput =>
  logs(...counts.map(([stable, canary]) => template('error', stable, canary)));
const onPods = (n: number, ...errors: readonly number[]): JudgeInput =>
  input({
    templates: [
      template(
        'error',
        0,
        count(
          'canary',
          errors.reduce((sum, each) => sum + each, 0),
          { pods: Object.fromEntries(errors.map((each, i) => [`canary-${i + 1}`, each])) },
        ),
      ),
    ],
    stablePods: pods('stable', n),
    canaryPods: pods('canary', n),
  });
const durations = (stable: number, canary: number): JudgeInput => {
  const timed = template('info', 500, 500, 'paid order <num>');
  const values = (median: number) => Array.from({ length: 60 }, (_, i) => median * (0.5 + i / 60));
  const sample = (median: number) => ({ count: 60, values: { p: values(median) } });
  const field = { name: 'duration_ms', unit: 'ms', templateId: timed.id } as const;
  return input({
    templates: [timed],
    distilled: { numbers: [{ ...field, stable: sample(stable), canary: sample(canary) }] },
  });
};
const heartbeat = (canary: number): JudgeInput => {
  const minutes = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [i, 100]));
  return input({
    templates: [template('info', count('stable', 60, { activeMinutes: 10 }), canary, 'lease renewed')],
    distilled: { work: { stable: minutes, canary: minutes } },
  });
};

const TABLES: Readonly<Record<string, readonly Row[]>> = {
  CrashLoop: waiting('CrashLoopBackOff', 'is in CrashLoopBackOff'),
  ImagePull: [
    ...waiting('ImagePullBackOff', 'cannot pull its image'),
    {
      what: 'its name is no image',
      given: input({ canaryPods: canaryOf(waits('InvalidImageName')) }),
      found: ['Blocking', 'canary container web cannot pull its image'],
    },
  ],
  ContainerConfig: [
    ...waiting('CreateContainerConfigError', 'cannot be started'),
    {
      what: 'its command is not there',
      given: input({ canaryPods: canaryOf(waits('RunContainerError')) }),
      found: ['Blocking', 'canary container web cannot be started'],
    },
  ],
  OutOfMemory: [
    {
      what: 'two containers are killed',
      given: input({
        canaryPods: canaryOf(container({ lastTerminated: oom }), container({ lastTerminated: oom })),
      }),
      found: [
        'Blocking',
        'canary container web is killed for its memory (OOMKilled) in 2 of 2 pods; on stable none',
      ],
    },
    {
      what: 'one is killed once',
      given: input({ canaryPods: canaryOf(container({ restarts: 1, lastTerminated: oom })) }),
      found: ['Suspicious', 'canary container web is killed for its memory (OOMKilled) in 1 of 1 pod'],
    },
    {
      what: 'stable has as many kills',
      given: input({
        canaryPods: canaryOf(container({ lastTerminated: oom })),
        stablePods: stableOf(container({ lastTerminated: oom })),
      }),
      found: ['Info', 'canary container web is killed for its memory (OOMKilled) in 1 of 1 pod; on stable 1'],
    },
    {
      what: 'it was killed for another reason',
      given: input({ canaryPods: canaryOf(container({ restarts: 1, lastTerminated: killed })) }),
    },
  ],
  Restarts: [
    {
      what: 'a container restarted three times',
      given: input({ canaryPods: canaryOf(container({ restarts: 3 })) }),
      found: ['Blocking', 'canary container web restarted 3 times in 1 of 1 pod; on stable none'],
    },
    {
      what: 'it restarted twice',
      given: input({ canaryPods: canaryOf(container({ restarts: 2 })) }),
      found: ['Suspicious', 'canary container web restarted 2 times in 1 of 1 pod'],
    },
    {
      what: 'stable restarts as often',
      given: input({
        canaryPods: canaryOf(container({ restarts: 3 })),
        stablePods: stableOf(container({ restarts: 3 })),
      }),
      found: ['Info', 'canary container web restarted 3 times in 1 of 1 pod; on stable 3'],
    },
    { what: 'none restarted', given: input() },
  ],
  Fatal: [
    {
      what: 'one record is fatal',
      given: logs(template('fatal', 0, 1, 'cannot open ledger')),
      found: ['Blocking', 'canary panics with `cannot open ledger` 1 time in 1 of 1 pod; stable never did'],
    },
    {
      what: 'nothing of stable could be read',
      given: input({
        templates: [template('fatal', 0, 1, 'cannot open ledger')],
        evidence: { logsComplete: { stable: false, canary: true } },
        lines: { stable: 0, canary: 500 },
      }),
      found: ['Suspicious', 'canary panics with `cannot open ledger` 1 time in 1 of 1 pod; nothing is known'],
    },
    { what: 'stable logs it, too', given: logs(template('fatal', 1, 3)) },
    {
      what: 'stable logged it before',
      given: logs(template('fatal', count('stable', 0, { outside: 1 }), 1)),
    },
    { what: 'it is an error', given: logs(template('error', 0, 1)) },
  ],
  LastWords: [
    {
      what: 'a container ended itself after a new error',
      given: ended(crashed, template('error', 0, 1, 'cannot bind')),
      found: [
        'Blocking',
        'canary exits with code 1 after logging `cannot bind` 1 time in 1 of 1 pod; stable never did',
      ],
    },
    {
      what: 'the vocabulary changed and stable has errors, too',
      given: ended(
        crashed,
        template('error', 0, 1, 'cannot bind'),
        [...apart, template('error', 2, 0)],
        nothing,
      ),
      found: ['Suspicious', 'canary exits with code 1 after logging `cannot bind`'],
    },
    { what: 'stable logs it, too', given: ended(crashed, template('error', 1, 1)) },
    { what: 'it was ended from outside', given: ended(killed, template('error', 0, 1)) },
    { what: 'it ended well', given: ended({ reason: 'Completed', exitCode: 0 }, template('error', 0, 1)) },
  ],
  JobFailed: [
    {
      what: 'the log of a job says so',
      given: jobs('[INFO] BUILD FAILURE'),
      found: [
        'Blocking',
        'the canary job failed: it logs `[INFO] BUILD FAILURE` 1 time in 1 of 1 pod; stable never did',
      ],
    },
    { what: 'stable says so, too', given: jobs('[INFO] BUILD FAILURE', '', 1) },
    { what: 'a server that runs says so', given: jobs('[INFO] BUILD FAILURE', 'uid') },
    { what: 'the job did not fail', given: jobs('[INFO] BUILD SUCCESS') },
  ],
  NovelError: [
    {
      what: 'it comes often',
      given: logs(template('error', 0, 38, 'card refused')),
      found: ['Regressed', 'canary logs `card refused` 38 times in 1 of 1 pod; stable never did'],
    },
    {
      what: 'it comes often on a canary with half the work of stable, but seldom enough for doubt',
      given: logs(template('error', 0, 6, 'card refused')),
      found: ['Suspicious', 'canary logs `card refused` 6 times in 1 of 1 pod; stable never did'],
    },
    {
      what: 'it comes once',
      given: logs(template('error', 0, 1, 'card refused')),
      found: ['Info', 'canary logs `card refused` 1 time in 1 of 1 pod; stable never did'],
    },
    { what: 'stable logs it, too', given: logs(template('error', 1, 38)) },
    {
      what: 'stable logged it before',
      given: logs(template('error', count('stable', 0, { outside: 9 }), 9)),
    },
    { what: 'it is a warning', given: logs(template('warn', 0, 38)) },
  ],
  ErrorRate: [
    {
      what: 'the rate is five times',
      given: logs(template('error', 20, 100, 'card refused')),
      found: [
        'Regressed',
        'canary logs `card refused` 100 times in 1 of 1 pod; stable did 20 times, which makes 20 for',
      ],
    },
    {
      what: 'the rate is twice',
      given: logs(template('error', 100, 200, 'card refused')),
      found: ['Suspicious', 'canary logs `card refused` 200 times in 1 of 1 pod; stable did 100 times'],
    },
    { what: 'the rate is the same', given: logs(template('error', 100, 105)) },
    {
      what: 'canary has five times the work, too',
      given: input({ lines: { stable: 1000, canary: 5000 }, templates: [template('error', 20, 100)] }),
    },
    {
      what: 'all of it is start-up',
      given: logs(template('error', 20, count('canary', 100, { startup: 100 }))),
    },
    { what: 'stable never logs it', given: logs(template('error', 0, 100)) },
  ],
  PooledErrors: [
    {
      what: 'they are spread over many templates',
      given: spread(...Array.from({ length: 40 }, () => [0, 2] as const)),
      found: ['Regressed', 'canary logs errors of all kinds 80 times in 1 of 1 pod; stable never did'],
    },
    {
      what: 'all together come at twice the rate',
      given: spread(...Array.from({ length: 20 }, () => [5, 10] as const)),
      found: ['Suspicious', 'canary logs errors of all kinds 200 times in 1 of 1 pod; stable did 100 times'],
    },
    { what: 'all together are as many', given: spread(...Array.from({ length: 20 }, () => [5, 5] as const)) },
    { what: 'they are of one template', given: spread([0, 80]) },
  ],
  PodErrors: [
    {
      what: 'one pod of ten has them all',
      given: onPods(10, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0),
      found: [
        'Suspicious',
        'pod canary-1, one of 10 canary pods, logs errors 45 times; stable logs none at all',
      ],
    },
    { what: 'every pod has them', given: onPods(10, ...Array<number>(10).fill(45)) },
    { what: 'there are two pods', given: onPods(2, 45, 0) },
    { what: 'they are few', given: onPods(10, 2, 0, 0, 1, 0, 0, 0, 0, 0, 0) },
  ],
  NotReady: [
    {
      what: 'a pod is late',
      given: input({ canaryPods: [pod('canary', 'canary-1', { ready: false })] }),
      found: ['Suspicious', '1 of 1 canary pod is not Ready 120 s after creation; of stable 0'],
    },
    {
      what: 'stable is late just as much',
      given: input({
        canaryPods: [pod('canary', 'canary-1', { ready: false })],
        stablePods: [pod('stable', 'stable-1', { ready: false })],
      }),
    },
    {
      what: 'it was created just now',
      given: input({ canaryPods: [pod('canary', 'canary-1', { ready: false, createdAt: END - 119_999 })] }),
    },
    {
      what: 'it is gone',
      given: input({ canaryPods: [pod('canary', 'canary-1', { ready: false, deleted: true })] }),
    },
  ],
  ReadinessFlapping: [
    {
      what: 'a pod lost it while it was watched',
      given: input({ canaryPods: [pod('canary', 'canary-1', { readinessLosses: 2 })] }),
      found: ['Suspicious', '1 of 1 canary pod lost readiness after the start-up; of stable 0'],
    },
    {
      what: 'stable loses it just as much',
      given: input({
        canaryPods: [pod('canary', 'canary-1', { readinessLosses: 2 })],
        stablePods: [pod('stable', 'stable-1', { readinessLosses: 1 })],
      }),
      found: ['Info', '1 of 1 canary pod lost readiness after the start-up; of stable 1'],
    },
    {
      what: 'none lost it',
      given: input({ canaryPods: [pod('canary', 'canary-1', { readinessLosses: 0 })] }),
    },
  ],
  NewWarning: [
    {
      what: 'it comes on top of the others',
      given: logs(template('warn', 10, 10), template('warn', 0, 40, 'cache is cold')),
      found: ['Suspicious', 'canary logs `cache is cold` 40 times in 1 of 1 pod; stable never did'],
    },
    {
      what: 'it comes in place of another',
      given: logs(template('warn', 40, 0), template('warn', 0, 40, 'cache is cold')),
      found: ['Info', 'canary logs `cache is cold` 40 times in 1 of 1 pod; stable never did'],
    },
    { what: 'stable warns of it, too', given: logs(template('warn', 1, 40)) },
    { what: 'it is no warning', given: logs(template('info', 0, 40)) },
  ],
  UnmarkedFailure: [
    {
      what: 'it is new',
      given: logs(template('unknown', 0, 40, 'order <num> failed: connection refused')),
      found: ['Suspicious', 'canary logs `order <num> failed: connection refused` 40 times in 1 of 1 pod'],
    },
    {
      what: 'it is five times as frequent',
      given: logs(template('unknown', 20, 100, 'could not reach <ip>')),
      found: [
        'Suspicious',
        'canary logs `could not reach <ip>` 100 times in 1 of 1 pod; stable did 20 times',
      ],
    },
    { what: 'it is as frequent', given: logs(template('unknown', 40, 42, 'order <num> failed')) },
    { what: 'it is seldom', given: logs(template('unknown', 0, 4, 'order <num> failed')) },
    { what: 'its level is known', given: logs(template('info', 0, 40, 'order <num> failed')) },
    { what: 'it says nothing of failure', given: logs(template('unknown', 0, 40, 'order <num> placed')) },
    { what: 'it counts failures', given: logs(template('unknown', 0, 40, '<num> passed, <num> failed')) },
    { what: 'it tells of none', given: logs(template('unknown', 0, 40, 'build ended without errors')) },
  ],
  LatencyShift: [
    {
      what: 'durations treble',
      given: durations(60, 180),
      found: [
        'Suspicious',
        'canary takes longer: duration_ms in `paid order <num>` has a median of 179 ms against 60 ms on stable',
      ],
    },
    { what: 'they are the same', given: durations(60, 60) },
    { what: 'they are a tenth longer', given: durations(60, 66) },
    { what: 'they are shorter', given: durations(180, 60) },
  ],
  VanishedHeartbeat: [
    {
      what: 'the canary never logs what stable logs each minute',
      given: heartbeat(0),
      found: ['Suspicious', 'canary never logs `lease renewed`; stable did 60 times, in 10 of 10 minutes'],
    },
    { what: 'the canary logs it once', given: heartbeat(1) },
  ],
  LogFlood: [
    {
      what: 'a known record comes two thousand times as often',
      given: logs(template('info', 10, 20_000, 'trying again')),
      found: [
        'Suspicious',
        'canary floods its log with `trying again` 20,000 times in 1 of 1 pod; 2,000 times',
      ],
    },
    { what: 'it is fewer than a thousand', given: logs(template('info', 10, 999)) },
    { what: 'it is less than ten times as often', given: logs(template('info', 2_000, 19_000)) },
    { what: 'stable lacks it', given: logs(template('info', 0, 20_000)) },
    { what: 'all of the work is more', given: input({ lines: { stable: 1_000, canary: 90_000 } }) },
  ],
  WorkStopped: [
    {
      what: 'the canary works for a minute of ten and is Ready all the time',
      given: working({ 'canary-1': [300, 60_000] }),
      found: [
        'Suspicious',
        'canary pod canary-1 stopped: it logged ordinary records 300 times and none in the last 540 s; stable goes on',
      ],
    },
    {
      what: 'its probes are answered all the time, and nothing else is',
      given: working({ 'canary-1': [300, 60_000] }, { templates: [probed()] }),
      found: [
        'Suspicious',
        'canary pod canary-1 stopped: it logged `placed order <num>` 300 times and none in the last 540 s; stable goes on',
      ],
    },
    {
      what: 'two of three pods work for five seconds',
      given: working({ 'canary-1': [3_000, 600_000], 'canary-2': [25, 5_000], 'canary-3': [25, 5_000] }),
      found: [
        'Suspicious',
        'canary pod canary-2, one of 3, stopped: it logged ordinary records 25 times and none in the last 595 s, so 2 pods in all; stable goes on',
      ],
    },
    {
      what: 'the canary speaks another language than stable and stops',
      given: working({ 'canary-1': [300, 60_000] }, { others: true }),
      found: ['Suspicious', 'canary pod canary-1 stopped: it logged ordinary records 300 times'],
    },
    { what: 'the canary works to the end', given: working({ 'canary-1': [3_000, 599_800] }) },
    {
      what: 'the traffic ends for both sides',
      given: working({ 'canary-1': [300, 60_000] }, { stable: { last: 61_000 } }),
    },
    {
      what: 'stable pauses as long',
      given: working({ 'canary-1': [300, 200_000] }, { stable: { longestGap: 150_000 } }),
    },
    {
      what: 'stable began when the canary ended, as a leader does',
      given: working({ 'canary-1': [300, 300_000] }, { stable: { first: 300_000 } }),
    },
    {
      what: 'a pod of stable fell silent beside its siblings, too',
      given: working(
        { 'canary-1': [3_000, 600_000], 'canary-2': [300, 60_000] },
        { stable: { lasts: { 'stable-1': START + 600_000, 'stable-2': START + 60_000 } } },
      ),
    },
    { what: 'the canary has a twentieth of the traffic', given: working({ 'canary-1': [150, 590_000] }) },
    { what: 'the canary has hardly any', given: working({ 'canary-1': [4, 60_000] }) },
    {
      what: 'the pod ends',
      given: working({ 'canary-1': [300, 60_000] }, { canary: { deleted: true } }),
    },
    {
      what: 'the pod was evicted',
      given: working({ 'canary-1': [300, 60_000] }, { canary: { reason: 'Evicted' } }),
    },
    {
      what: 'only one of stable’s pods logs it',
      given: working(
        { 'canary-1': [300, 60_000] },
        { stable: { pods: { 'stable-1': 6_000 } }, templates: [probed(3_000)] },
      ),
    },
    {
      what: 'stable is of another time',
      given: working({ 'canary-1': [300, 60_000] }, { evidence: { baseline: 'Snapshot' } }),
    },
  ],
  VolumeAnomaly: [
    {
      what: 'the canary writes twelve times the lines',
      given: logs(template('debug', 0, 11_000)),
      found: [
        'Suspicious',
        'canary writes 12 times as many lines as stable for the same work: 12,000 lines against 1,000',
      ],
    },
    {
      what: 'it logs a twentieth in as much Ready time',
      given: input({ lines: { stable: 4_000, canary: 200 } }),
      found: [
        'Info',
        "canary logs 200 ordinary lines where stable's pods would log 4,000 in as much Ready time",
      ],
    },
    { what: 'it has more traffic', given: input({ lines: { stable: 1_000, canary: 90_000 } }) },
    { what: 'it writes nine times the lines', given: logs(template('debug', 0, 8_000)) },
  ],
  Disrupted: [
    {
      what: 'a pod was evicted',
      given: input({
        canaryPods: [pod('canary', 'canary-1', { reason: 'Evicted' }), pod('canary', 'canary-2')],
      }),
      found: ['Info', '1 of 2 canary pods were ended from outside (Evicted); of stable 0'],
    },
    {
      what: 'a pod failed by itself',
      given: input({ canaryPods: [pod('canary', 'canary-1', { reason: 'Error' })] }),
    },
  ],
};

/** Every pod answers a probe every five seconds to the end. */
function probed(n = 120): Template {
  const at = (...names: readonly string[]) => ({
    pods: Object.fromEntries(names.map((name) => [name, n])),
    lasts: Object.fromEntries(names.map((name) => [name, START + 598_000])),
    activeSeconds: 120 * names.length,
    longestGap: 5_000,
    first: START,
    last: START + 598_000,
  });
  const stable = count('stable', 2 * n, at('stable-1', 'stable-2'));
  return template('info', stable, count('canary', n, at('canary-1')), 'GET /healthz <num>');
}

/** Pods of the canary that log five lines a second, so many of them, until this time, beside two of stable that log ten a second all the time. */
function working(
  canary: Readonly<Record<string, readonly [lines: number, untilMs: number]>>,
  given: {
    readonly stable?: Partial<TemplateCount> & { readonly last?: number; readonly first?: number };
    readonly canary?: Partial<PodFact>;
    readonly templates?: readonly Template[];
    readonly others?: boolean;
    readonly evidence?: Partial<Evidence>;
  } = {},
): JudgeInput {
  const names = Object.keys(canary);
  const lines = Object.values(canary).reduce((sum, [n]) => sum + n, 0);
  const last = START + (given.stable?.last ?? 600_000);
  const stable = count('stable', 6_000, {
    pods: { 'stable-1': 3_000, 'stable-2': 3_000 },
    activeSeconds: 1_200,
    longestGap: 400,
    lasts: { 'stable-1': last, 'stable-2': last },
    ...given.stable,
    first: START + (given.stable?.first ?? 0),
    last,
  });
  const own = count('canary', lines, {
    pods: Object.fromEntries(names.map((name) => [name, canary[name]?.[0] ?? 0])),
    activeSeconds: Math.ceil(lines / 5),
    longestGap: 400,
    lasts: Object.fromEntries(names.map((name) => [name, START + (canary[name]?.[1] ?? 0)])),
    first: START,
    last: START + Math.max(...Object.values(canary).map(([, until]) => until)),
  });
  const none = { count: 0, startup: 0, outside: 0, pods: {}, samples: [] };
  const templates = given.others
    ? [
        template('info', stable, none, 'placed order <num>'),
        template('info', none, own, 'a new version has other words'),
      ]
    : [template('info', stable, own, 'placed order <num>')];
  return input({
    lines: { stable: 0, canary: 0 },
    templates: [...templates, ...(given.templates ?? [])],
    stablePods: pods('stable', 2),
    canaryPods: names.map((name) => pod('canary', name, given.canary)),
    ...(given.evidence === undefined ? {} : { evidence: given.evidence }),
  });
}

const page = readFileSync(new URL('../../../../../docs/findings.md', import.meta.url), 'utf8');
const section = (kind: string): string => page.split(`\n## ${kind}\n`)[1]?.split('\n## ')[0] ?? '';

/** The severities that the page has for a kind; `Severity as X` borrows. */
function severitiesOf(kind: string): string[] {
  const text = section(kind);
  const as = /Severity as (\w+)/.exec(text)?.[1];
  const named = [...text.matchAll(/\*(Blocking|Regressed|Suspicious|Info)\*/g)].map(([, name = '']) => name);
  return [...new Set([...named, ...(as === undefined ? [] : severitiesOf(as))])];
}

describe('every kind of finding', () => {
  it('has a table', () => {
    expect(Object.keys(TABLES)).to.have.members(Object.keys(KINDS));
  });

  for (const [kind, rows] of Object.entries(TABLES)) {
    describe(kind, () => {
      for (const { what, given, found } of rows)
        it(`${found?.[0] ?? 'none'}: ${what}`, () => {
          const drafts = KINDS[kind]?.(given, compare(given)) ?? [];
          if (found === undefined) expect(drafts).to.deep.equal([]);
          else {
            const [severity, sentence] = found;
            expect(drafts).to.have.lengthOf(1);
            expect(drafts[0]).to.include({ kind, severity });
            expect(drafts[0]?.message.slice(0, sentence.length)).to.equal(sentence);
          }
        });

      it('has each severity that its page names, no other, and a case of none', () => {
        const seen = new Set(rows.map(({ found }) => found?.[0] ?? 'none'));
        expect([...seen]).to.have.members([...severitiesOf(kind), 'none']);
      });
    });
  }
});
