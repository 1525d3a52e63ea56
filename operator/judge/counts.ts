import type { Side, Template } from '../model.ts';

/** True when this side never logged it, inside the window or outside. */
export function isAbsent(template: Template, side: Side): boolean {
  const { count, outside } = template[side];
  return count + outside === 0;
}

/** Occurrences in the window after start-up. */
export function steadyCount(template: Template, side: Side): number {
  return Math.max(0, template[side].count - template[side].startup);
}

/** Occurrences of all these templates in the window, by pod. */
export function countsByPod(templates: readonly Template[], side: Side): Record<string, number> {
  return summed(templates.map((template) => template[side].pods));
}

/** Counts by pod, added up. */
export function summed(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const pods: Record<string, number> = {};
  for (const one of counts)
    for (const [pod, count] of Object.entries(one)) pods[pod] = (pods[pod] ?? 0) + count;
  return pods;
}

/** Occurrences after start-up, by pod: where only the sum of a template's start-up is known, each pod has its share of it, in whole numbers. */
export function steadyByPod(
  templates: readonly Template[],
  side: Side,
  whole: (count: number) => number = Math.floor,
): Record<string, number> {
  const pods: Record<string, number> = {};
  for (const template of templates) {
    const { count, pods: own } = template[side];
    if (count === 0) continue;
    const steady = steadyCount(template, side) / count;
    for (const [pod, n] of Object.entries(own)) pods[pod] = (pods[pod] ?? 0) + n * steady;
  }
  return Object.fromEntries(Object.entries(pods).map(([pod, n]) => [pod, whole(n)]));
}
