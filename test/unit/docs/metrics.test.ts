import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import { analysisMetrics } from '../../../operator/analysis/metrics.ts';
import { controllerMetrics, leaderMetric, queueMetrics } from '../../../operator/kernel/metrics.ts';

describe('the page on metrics', () => {
  it('lists every metric of the operator with its type, and no other', async () => {
    const registry = new Registry();
    const metrics = analysisMetrics(registry);
    metrics.inFlight(() => 0);
    metrics.circuits(() => []);
    controllerMetrics(registry, 'c', 1);
    queueMetrics(registry, 'c');
    leaderMetric(registry, 'l', () => true);
    const registered = (await registry.getMetricsAsJSON()).map(({ name, type }) => `${name} ${type}`);
    const page = await readFile(join(import.meta.dirname, '../../../docs/metrics.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `(\w+)` \| (counter|gauge|histogram) \|/gm)];
    expect(rows.map(([, name, type]) => `${name} ${type}`)).to.have.members(registered);
  });
});
