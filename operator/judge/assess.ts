import type { Assessed } from '../model.ts';
import type { JudgeInput } from './input.ts';

/** What the evidence alone says: the findings, strongest first, and the assessment they amount to. Pure. */
export function assess(_input: JudgeInput): Assessed {
  return {
    assessment: 'Insufficient',
    findings: [],
    power: 0,
    confidence: 0,
    exposure: { stable: 0, canary: 0 },
    exposureUnit: 'podSeconds',
    message: 'Nothing was compared.',
  };
}
