type Step =
  | { readonly field: string }
  | { readonly index: number }
  | { readonly where: [string, string] }
  | 'all';

/**
 * Evaluates the JSONPath subset that printer columns use: `.a.b`, `['a.b']`, `.a[0]`, `.a[*].b`,
 * `.a[?(@.type=="Ready")].status`. Returns every match.
 */
export function evaluateJsonPath(path: string, value: unknown): unknown[] {
  let values: unknown[] = [value];
  for (const step of parseJsonPath(path)) values = values.flatMap((current) => take(step, current));
  return values.filter((found) => found !== undefined && found !== null);
}

function parseJsonPath(path: string): Step[] {
  const steps: Step[] = [];
  const pattern =
    /\.([\w\-/]+(?:\\\.[\w\-/]+)*)|\['([^']+)'\]|\[(\d+)\]|(\[\*\])|\[\?\(@\.([\w.]+)\s*==\s*["']([^"']*)["']\)\]/g;
  for (const [, field, quoted, index, all, key, wanted] of path.matchAll(pattern)) {
    if (field !== undefined) steps.push({ field: field.replaceAll('\\.', '.') });
    else if (quoted !== undefined) steps.push({ field: quoted });
    else if (index !== undefined) steps.push({ index: Number(index) });
    else if (all !== undefined) steps.push('all');
    else if (key !== undefined) steps.push({ where: [key, wanted ?? ''] });
  }
  return steps;
}

function take(step: Step, value: unknown): unknown[] {
  if (value === null || typeof value !== 'object') return [];
  const entries = value as Record<string, unknown>;
  if (step === 'all') return Object.values(entries);
  if ('field' in step) return [entries[step.field]];
  if ('index' in step) return [entries[String(step.index)]];
  const [key, wanted] = step.where;
  return Object.values(entries).filter((item) =>
    evaluateJsonPath(`.${key}`, item).some((found) => String(found) === wanted),
  );
}
