import type { Citation, Opinion } from '../../crds/v1alpha1/status.ts';
import type { Assessed, Distilled, Finding, Template } from '../model.ts';
import { isAbsent, steadyCount } from './counts.ts';
import { rateRatio } from './statistics/rate-test.ts';

/** A quote shorter than this could be found anywhere. */
export const SHORTEST_QUOTE = 12;

/**
 * The opinion with `checks` of each citation set: the quote, at least {@link SHORTEST_QUOTE} characters, is in the
 * samples or the template of that id, and for an Abort the id is more frequent on canary per exposure, after start-up
 * where stable knows it. Runs of white space are equal. Pure.
 */
export function checkCitations(opinion: Opinion, assessed: Assessed, distilled: Distilled): Opinion {
  if (opinion.citations === undefined) return opinion;
  return {
    ...opinion,
    citations: opinion.citations.map((citation) => ({
      ...citation,
      checks: checks(citation, opinion.verdict, assessed, distilled),
    })),
  };
}

function checks(
  { id, quote }: Citation,
  verdict: Opinion['verdict'],
  assessed: Assessed,
  distilled: Distilled,
): boolean {
  const finding = assessed.findings.find((one) => one.id === id);
  const template = distilled.templates.find((one) => one.id === (finding?.templateId ?? id));
  const wanted = squeezed(quote);
  if (wanted.length < SHORTEST_QUOTE) return false;
  if (!texts(finding, template).some((text) => squeezed(text).includes(wanted))) return false;
  return verdict !== 'Abort' || speaksAgainstCanary(finding, template, assessed);
}

function texts(finding: Finding | undefined, template: Template | undefined): readonly string[] {
  return [
    ...(finding?.samples ?? []),
    ...(finding?.template === undefined ? [] : [finding.template]),
    ...(template === undefined
      ? []
      : [template.text, ...template.canary.samples, ...template.stable.samples]),
  ];
}

function speaksAgainstCanary(
  finding: Finding | undefined,
  template: Template | undefined,
  { exposure }: Assessed,
): boolean {
  if (template === undefined) return finding !== undefined && finding.severity !== 'Info';
  if (isAbsent(template, 'stable')) return template.canary.count > 0;
  const canary = steadyCount(template, 'canary');
  const stable = steadyCount(template, 'stable');
  const known = stable + template.stable.outside;
  if (stable === 0 || exposure.stable <= 0 || exposure.canary <= 0) return canary > known;
  return (
    rateRatio({ count: stable, exposure: exposure.stable }, { count: canary, exposure: exposure.canary }) > 1
  );
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
