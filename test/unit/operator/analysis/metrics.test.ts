import { expect } from 'chai';
import { Registry } from 'prom-client';
import { analysisMetrics } from '../../../../operator/analysis/metrics.ts';
import type { CircuitCount } from '../../../../operator/review/index.ts';

describe('the metrics of reviews', () => {
  it('show how many circuits are in which state at the time of the scrape', async () => {
    const registry = new Registry();
    let counts: CircuitCount[] = [
      { kind: 'gemini', state: 'open', count: 1 },
      { kind: 'openAI', state: 'closed', count: 2 },
    ];
    analysisMetrics(registry).circuits(() => counts);
    const lines = async (): Promise<string[]> =>
      (await registry.metrics())
        .split('\n')
        .filter((line) => line.startsWith('canary_analysis_reviewer_circuits{'));
    expect(await lines()).to.have.members([
      'canary_analysis_reviewer_circuits{kind="gemini",state="open"} 1',
      'canary_analysis_reviewer_circuits{kind="openAI",state="closed"} 2',
    ]);
    counts = [{ kind: 'gemini', state: 'halfOpen', count: 1 }];
    expect(await lines()).to.deep.equal([
      'canary_analysis_reviewer_circuits{kind="gemini",state="halfOpen"} 1',
    ]);
  });

  it('add up tokens by kind and direction', async () => {
    const registry = new Registry();
    const metrics = analysisMetrics(registry);
    metrics.tokens('openAI', { inputTokens: 1000, outputTokens: 20 });
    metrics.tokens('openAI', { inputTokens: 500, outputTokens: 10 });
    const text = await registry.metrics();
    expect(text).to.contain('canary_analysis_review_tokens_total{kind="openAI",direction="input"} 1500');
    expect(text).to.contain('canary_analysis_review_tokens_total{kind="openAI",direction="output"} 30');
  });
});
