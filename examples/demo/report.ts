import { CANARIES } from './canaries.ts';
import { explain } from './explain.ts';
import type { Outcome } from './session.ts';

/** What is printed in the end: what kubectl shows, why each canary was judged as it was, and what came otherwise than it should. */
export function report({ shown, analyses, wrong }: Outcome): { text: string; asExpected: boolean } {
  const judged = CANARIES.map((canary) => ({
    ...canary,
    analysis: analyses.find(({ spec }) => spec.rolloutRef?.name === canary.plan.name),
  }));
  const reasons = judged.map(({ plan, about, analysis }) => {
    const why = analysis === undefined ? '  no analysis\n' : explain(analysis);
    return `${plan.name} (${about})\n${why}`;
  });
  const complaints = [
    ...judged
      .filter(({ expected, analysis }) => analysis?.status?.verdict !== expected)
      .map(({ plan, expected }) => `${plan.name} should have come to ${expected}.`),
    ...wrong,
  ].map((line) => `${line}\n`);
  const text = [...shown, ...reasons, ...complaints].map((part) => `\n${part}`).join('');
  return { text: `${text}\n`, asExpected: complaints.length === 0 };
}
