const UNITS: readonly [suffix: string, seconds: number][] = [
  ['y', 31_536_000],
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
];

/** A duration as kubectl's AGE column prints it: `45s`, `3m20s`, `14m`, `5h2m`, `26h`, `3d4h`, `12d`, `2y3d` (apimachinery, HumanDuration). */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 120) return `${Math.max(0, seconds)}s`;
  if (seconds < 600) return twoUnits(seconds, 'm', 's');
  if (seconds < 3 * 3_600) return oneUnit(seconds, 'm');
  if (seconds < 8 * 3_600) return twoUnits(seconds, 'h', 'm');
  if (seconds < 48 * 3_600) return oneUnit(seconds, 'h');
  if (seconds < 8 * 86_400) return twoUnits(seconds, 'd', 'h');
  if (seconds < 2 * 31_536_000) return oneUnit(seconds, 'd');
  if (seconds < 8 * 31_536_000) return twoUnits(seconds, 'y', 'd');
  return oneUnit(seconds, 'y');
}

/** The time since an RFC 3339 timestamp, `<unknown>` where there is none. */
export function age(since: unknown, now: Date): string {
  const time = typeof since === 'string' ? Date.parse(since) : Number.NaN;
  return Number.isNaN(time) ? '<unknown>' : humanDuration(now.getTime() - time);
}

function oneUnit(seconds: number, unit: string): string {
  return `${Math.floor(seconds / lengthOf(unit))}${unit}`;
}

function twoUnits(seconds: number, larger: string, smaller: string): string {
  const rest = Math.floor((seconds % lengthOf(larger)) / lengthOf(smaller));
  return oneUnit(seconds, larger) + (rest === 0 ? '' : `${rest}${smaller}`);
}

function lengthOf(unit: string): number {
  return UNITS.find(([suffix]) => suffix === unit)?.[1] ?? 1;
}
