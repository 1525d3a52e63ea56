import type { Assessed } from '../model.ts';
import { compare } from './comparison.ts';
import { findAll } from './findings/index.ts';
import type { JudgeInput } from './input.ts';
import { firstHolding } from './policies/index.ts';
import { powerOf } from './power.ts';

/** What the evidence alone says: the findings, strongest first, and the assessment they amount to. Pure. */
export function assess(input: JudgeInput): Assessed {
  const comparison = compare(input);
  const findings = findAll(input, comparison);
  const power = powerOf(input, comparison);
  const { exposure } = comparison;
  const { assessment, message, confidence } = firstHolding({ input, comparison, findings, power });
  return {
    assessment,
    findings,
    power: power.percent,
    confidence,
    exposure: { stable: exposure.stable, canary: exposure.canary },
    exposureUnit: exposure.unit,
    message,
  };
}
