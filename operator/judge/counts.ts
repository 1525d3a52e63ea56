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
  const pods: Record<string, number> = {};
  for (const template of templates)
    for (const [pod, count] of Object.entries(template[side].pods)) pods[pod] = (pods[pod] ?? 0) + count;
  return pods;
}
