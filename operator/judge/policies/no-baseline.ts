import type { Policy } from './state.ts';

/** Nothing to compare with: only pod facts could have told anything. */
export const noBaseline: Policy = ({ input: { evidence } }) =>
  evidence.baseline === 'None'
    ? {
        assessment: 'NoBaseline',
        message: 'there are no stable pods and no stored evidence of them to compare the canary with',
        confidence: 0,
      }
    : undefined;
