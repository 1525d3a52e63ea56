import type { Opinion } from '../../../crds/v1alpha1/status.ts';
import { isFailureInDisguise } from '../agent-failure.ts';
import { agentOpinion, modelOpinion, type OpinionContext } from '../opinion.ts';
import { agentAnswerReader, type Checked, modelAnswerReader, unfenced } from '../opinion-schema.ts';

/** An opinion, or what is wrong with the answer; `failed` where it says that the agent's own analysis failed. */
export type ReadOpinion =
  | { readonly opinion: Opinion }
  | { readonly problem: string }
  | { readonly failed: true };

/**
 * Reads an agent's answer: the opinion that a model gives, or the answer of a kubernetes-agent. One that has both has to say
 * the same twice.
 */
export function readOpinion(text: string, context: OpinionContext, ownEvidence: boolean): ReadOpinion {
  const bare = unfenced(text);
  const fields = objectOf(bare);
  if (fields !== undefined && 'verdict' in fields) {
    const read = modelAnswerReader()(bare);
    if ('problem' in read) return read;
    const { verdict, confidence } = read.answer;
    if ('promote' in fields && fields.promote !== (verdict === 'Promote')) {
      return { problem: 'verdict and promote contradict each other' };
    }
    if (
      isFailureInDisguise({ promote: verdict === 'Promote', confidence, modelResults: resultsOf(fields) })
    ) {
      return { failed: true };
    }
    return { opinion: { ...modelOpinion(read.answer, context), ownEvidence } };
  }
  const read: Checked<Parameters<typeof agentOpinion>[0]> = agentAnswerReader()(bare);
  if ('problem' in read) return read;
  if (isFailureInDisguise(read.answer)) return { failed: true };
  return { opinion: agentOpinion(read.answer, context, ownEvidence) };
}

interface Fields {
  readonly verdict?: unknown;
  readonly promote?: unknown;
  readonly modelResults?: unknown;
}

function resultsOf({ modelResults }: Fields): { readonly error?: string }[] {
  if (!Array.isArray(modelResults)) return [];
  return modelResults.map((result: { error?: unknown } | null) => (result?.error ? { error: 'failed' } : {}));
}

function objectOf(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
