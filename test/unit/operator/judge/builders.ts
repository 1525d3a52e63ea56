import type { Opinion } from '../../../../crds/v1alpha1/status.ts';
import type { JudgeInput } from '../../../../operator/judge/index.ts';
import type {
  Assessed,
  ContainerFact,
  Distilled,
  EffectivePolicy,
  Evidence,
  Finding,
  Level,
  PodFact,
  Side,
  Template,
  TemplateCount,
} from '../../../../operator/model.ts';

export const START = Date.UTC(2026, 0, 1, 12);
export const END = START + 600_000;

/** A container that runs and never restarted, with what is given changed. */
export function container(changed: Partial<ContainerFact> = {}): ContainerFact {
  return { name: 'web', kind: 'app', image: 'web:1', ready: true, restarts: 0, state: 'running', ...changed };
}

/** A pod that was Ready for the whole ten minutes, with what is given changed. */
export function pod(side: Side, name: string, changed: Partial<PodFact> = {}): PodFact {
  return {
    side,
    name,
    uid: name,
    phase: 'Running',
    ready: true,
    createdAt: START - 3_600_000,
    startedAt: START - 3_600_000,
    readySeconds: 600,
    readyThroughout: true,
    deleted: false,
    containers: [container()],
    ...changed,
  };
}

/** Occurrences in one pod of that side, unless pods are given. */
export function count(side: Side, n: number, changed: Partial<TemplateCount> = {}): TemplateCount {
  const pods = changed.pods ?? (n > 0 ? { [`${side}-1`]: n } : {});
  return {
    count: n,
    startup: 0,
    outside: 0,
    samples: n > 0 ? [`a ${side} sample of it`] : [],
    ...changed,
    pods,
  };
}

let next = 0;

/** A word of its own, so that no template seems to be another in other words. */
function word(n: number): string {
  return [...n.toString(26)]
    .map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 26)))
    .join('')
    .padStart(4, 'z');
}

/** A template with these counts. */
export function template(
  level: Level,
  stable: number | TemplateCount,
  canary: number | TemplateCount,
  text = `${level} ${word(++next)}`,
): Template {
  return {
    id: `T${++next}`,
    text,
    level,
    stable: typeof stable === 'number' ? count('stable', stable) : stable,
    canary: typeof canary === 'number' ? count('canary', canary) : canary,
  };
}

/** A pair with one Ready pod a side, 1,000 shared lines each, nothing wrong; then what is given. */
export function input(
  given: {
    readonly templates?: readonly Template[];
    readonly stablePods?: readonly PodFact[];
    readonly canaryPods?: readonly PodFact[];
    readonly lines?: { readonly stable: number; readonly canary: number };
    readonly evidence?: Partial<Evidence>;
    readonly distilled?: Partial<Distilled>;
    readonly minPower?: number;
    readonly look?: number;
  } = {},
): JudgeInput {
  const { stable, canary } = given.lines ?? { stable: 1000, canary: 1000 };
  const stablePods = given.stablePods ?? [pod('stable', 'stable-1')];
  const canaryPods = given.canaryPods ?? [pod('canary', 'canary-1')];
  const ordinary = evenly(stable, canary, stablePods, canaryPods);
  const templates = [...(stable + canary > 0 ? [ordinary] : []), ...(given.templates ?? [])];
  const total = (side: Side) => templates.reduce((sum, one) => sum + one[side].count, 0);
  const interval = { from: START, to: END };
  const read = (pods: readonly PodFact[]) => ({
    podsFound: pods.length,
    podsRead: pods.length,
    containers: pods.length,
    bytes: 1,
  });
  return {
    evidence: {
      stable: { interval, pods: stablePods, events: [] },
      canary: { interval, pods: canaryPods, events: [] },
      change: [],
      baseline: 'Pods',
      read: { stable: read(stablePods), canary: read(canaryPods) },
      gaps: [],
      logsComplete: { stable: true, canary: true },
      ...given.evidence,
    },
    distilled: {
      templates,
      lines: { stable: total('stable'), canary: total('canary') },
      bytes: { stable: 1, canary: 1 },
      span: { stable: interval, canary: interval },
      lastWords: [],
      redactions: 0,
      overflow: { stable: 0, canary: 0 },
      numbers: [],
      ...given.distilled,
    },
    minPower: given.minPower ?? 80,
    look: given.look ?? 1,
  };
}

function evenly(
  stable: number,
  canary: number,
  stablePods: readonly PodFact[],
  canaryPods: readonly PodFact[],
): Template {
  const split = (n: number, pods: readonly PodFact[]) =>
    Object.fromEntries(
      pods.map(({ name }, i) => [
        name,
        Math.floor((n * (i + 1)) / pods.length) - Math.floor((n * i) / pods.length),
      ]),
    );
  return template(
    'info',
    count('stable', stable, { pods: split(stable, stablePods) }),
    count('canary', canary, { pods: split(canary, canaryPods) }),
    'handled request in <num> ms',
  );
}

/** Pods `canary-1` … `canary-n`. */
export function pods(side: Side, n: number, changed: Partial<PodFact> = {}): PodFact[] {
  return Array.from({ length: n }, (_, i) => pod(side, `${side}-${i + 1}`, changed));
}

/** The built-in policy, with what is given changed. */
export function policy(changed: Partial<EffectivePolicy> = {}): EffectivePolicy {
  return {
    onReviewerUnavailable: 'Inconclusive',
    onInsufficientEvidence: 'Inconclusive',
    onSuspicion: 'Inconclusive',
    onNoBaseline: 'Inconclusive',
    minConfidence: 50,
    ...changed,
  };
}

/** An opinion, with what is given changed. */
export function opinion(verdict: Opinion['verdict'], changed: Partial<Opinion> = {}): Opinion {
  return { reviewer: 'gemini/test', verdict, confidence: 80, summary: 'because', ...changed };
}

/** An assessment with one suspicious finding `F1` about `T1`. */
export function assessed(assessment: Assessed['assessment'], findings?: readonly Finding[]): Assessed {
  return {
    assessment,
    findings: findings ?? [suspicion()],
    power: 95,
    confidence: 93,
    exposure: { stable: 1000, canary: 1000 },
    exposureUnit: 'lines',
    message: 'what the evidence says',
  };
}

/** A suspicious finding, with what is given changed. */
export function suspicion(changed: Partial<Finding> = {}): Finding {
  return {
    id: 'F1',
    kind: 'ErrorRate',
    severity: 'Suspicious',
    message: 'canary logs more of it',
    templateId: 'T1',
    template: 'upstream timed out after <num> ms',
    samples: ['upstream timed out after 5000 ms'],
    ...changed,
  };
}
