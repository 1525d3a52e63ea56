import { isCoded } from '../../crds/errors.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Analyst } from './analyst.ts';
import { analysisFailure } from './executor.ts';
import type { AgentRequest, AgentResponse } from './http-request.ts';
import { questionOfAnalyze } from './question.ts';
import { failureBody } from './reply.ts';
import { Busy } from './slots.ts';

/** What the kubernetes-agent's REST interface works with. */
export interface RestOptions {
  readonly analyst: Analyst;
  readonly redact: (text: string) => string;
  readonly logger: Logger;
  /** Ends every analysis. */
  readonly signal: AbortSignal;
}

/** Serves `POST /a2a/analyze` as the kubernetes-agent does. Errors have its fields, too, and never promote. */
export function analyzeEndpoint(options: RestOptions): (request: AgentRequest) => Promise<AgentResponse> {
  const { analyst, redact, logger } = options;
  return async ({ body, signal }) => {
    try {
      const question = questionOfAnalyze(body);
      return {
        status: 200,
        json: await analyst.analyze(question, AbortSignal.any([signal, options.signal])),
      };
    } catch (error) {
      const { status, headers = {} } = statusOf(error);
      logger.warn('Analysis failed', { status, error });
      const text = error instanceof Busy ? error.message : analysisFailure(error);
      return { status, headers, json: failureBody(redact(text)) };
    }
  };
}

function statusOf(error: unknown): { readonly status: number; readonly headers?: Record<string, string> } {
  if (error instanceof Busy) return { status: 429, headers: { 'retry-after': '5' } };
  if (isCoded(error, 'CONFIG_INVALID')) return { status: 400 };
  if (isCoded(error, 'ABORTED')) return { status: 503 };
  const unprocessable = [
    'SELECTOR_INVALID',
    'SELECTOR_EMPTY',
    'SUBJECT_UNRESOLVED',
    'SAME_REVISION',
    'SUPERSEDED',
  ] as const;
  return { status: unprocessable.some((code) => isCoded(error, code)) ? 422 : 500 };
}
