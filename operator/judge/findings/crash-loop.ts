import type { JudgeInput } from '../input.ts';
import type { Draft } from './draft.ts';
import { waitingFor } from './waiting.ts';

const REASONS = new Set(['CrashLoopBackOff']);

/** Containers that the kubelet holds back because they keep ending. */
export function crashLoops(input: JudgeInput): readonly Draft[] {
  return waitingFor('CrashLoop', REASONS, 'is in CrashLoopBackOff', input);
}
