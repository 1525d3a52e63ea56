import { mkdtempSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { parse } from 'yaml';
import { analysisMetrics } from '../../operator/analysis/metrics.ts';
import {
  controllerMetrics,
  createRegistry,
  leaderMetric,
  queueMetrics,
  serveMetrics,
} from '../../operator/kernel/metrics.ts';
import { type PrometheusServer, startServer } from '../lab/prometheus/server.ts';

const COMPONENT = join(import.meta.dirname, '../../kustomize/components/prometheus');
const read = (name: string): string => readFileSync(join(COMPONENT, name), 'utf8');

/** A part of a parsed expression (Prometheus' `/api/v1/parse_query`), as far as it is read here. */
interface Part {
  readonly type: string;
  readonly name?: string;
  readonly matchers?: readonly { readonly name: string }[];
  readonly grouping?: readonly string[];
  readonly [field: string]: unknown;
}

/** What an operator is like whose metrics are looked at. */
interface Health {
  leads: boolean;
  circuit: 'closed' | 'open';
}

const groups = (parse(read('prometheus-rule.yaml')) as { spec: { groups: Group[] } }).spec.groups;
interface Group {
  readonly rules: readonly { readonly alert: string; readonly expr: string }[];
}
const alerts = groups.flatMap(({ rules }) => rules);
const dashboard = JSON.parse(read('dashboard.json')) as {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
};
/** What Grafana puts in for its variables when all jobs are shown. */
const panels = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({
    title,
    expr: expr.replaceAll('$job', '.*').replaceAll('$__rate_interval', '1m'),
  })),
);

describe("alerts and dashboard, in a real Prometheus that scrapes the operator's metrics", function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'alerts-'));
  const health: Health = { leads: true, circuit: 'closed' };
  const { registry, meters, queue } = measured(health);
  let prometheus: PrometheusServer;
  let closeMetrics: () => Promise<void>;

  before(async function () {
    this.timeout(900_000);
    const metrics = await serveMetrics(registry, { host: '127.0.0.1', port: 0 });
    closeMetrics = () => metrics.close();
    await writeFile(join(folder, 'rules.yaml'), JSON.stringify({ groups }));
    const configuration = {
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: [join(folder, 'rules.yaml')],
      scrape_configs: [
        { job_name: 'canary-analysis', static_configs: [{ targets: [`127.0.0.1:${metrics.port}`] }] },
      ],
    };
    prometheus = await startServer(folder, configuration, (line) => process.stdout.write(`    ${line}\n`));
    // Rates want two samples.
    const signal = AbortSignal.timeout(30_000);
    await prometheus.until('count_over_time(canary_analysis_in_flight[1m])', (count) => count > 2, signal);
  });
  after(async () => {
    await prometheus?.stop();
    await closeMetrics?.();
    await rm(folder, { recursive: true, force: true });
  });

  async function ask<T>(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<T> {
    const response = await fetch(`${prometheus.url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const { status, data, error } = (await response.json()) as { status: string; data: T; error?: string };
    expect(status, `${JSON.stringify(parameters)}: ${error}`).to.equal('success');
    return data;
  }

  /** The labels of a metric, as they were scraped. */
  async function labelsOf(metric: string): Promise<Set<string>> {
    const series = await ask<Readonly<Record<string, string>>[]>('series', { 'match[]': metric });
    return new Set(series.flatMap((labels) => Object.keys(labels)));
  }

  /** What an expression asks for that no series has. */
  async function missing(expression: string): Promise<string[]> {
    const problems: string[] = [];
    const visit = async (part: Part): Promise<Set<string>> => {
      const known = new Set<string>();
      for (const child of Object.entries(part).flatMap(([field, value]) =>
        field === 'matchers' ? [] : partsIn(value),
      ))
        for (const label of await visit(child)) known.add(label);
      if (part.matchers !== undefined) {
        for (const label of await labelsOf(part.name ?? '')) known.add(label);
        if (known.size === 0) problems.push(`no metric ${part.name}`);
      }
      const matched = (part.matchers ?? []).map(({ name }) => name).filter((name) => name !== '__name__');
      const wanted = [...matched, ...(part.grouping ?? [])];
      problems.push(...wanted.filter((label) => !known.has(label)).map((label) => `no label ${label}`));
      return known;
    };
    await visit(await ask<Part>('parse_query', { query: expression }));
    return problems;
  }

  it('load as rules and are evaluated without an error', async () => {
    interface State {
      groups: { rules: { name: string; health: string; lastError?: string }[] }[];
    }
    const signal = AbortSignal.timeout(30_000);
    const states = async () => (await ask<State>('rules')).groups.flatMap(({ rules }) => rules);
    let rules = await states();
    for (; rules.some((rule) => rule.health === 'unknown'); rules = await states())
      await sleep(200, undefined, { signal });
    expect(rules.map(({ name, health: state, lastError = '' }) => [name, state, lastError])).to.deep.equal(
      alerts.map(({ alert }) => [alert, 'ok', '']),
    );
  });

  it('name metrics and labels that the operator exports', async () => {
    expect(
      await missing('sum by (nothing) (canary_analysis_in_flight{nobody="x"}) + no_such_metric'),
    ).to.have.members(['no label nobody', 'no label nothing', 'no metric no_such_metric']);
    for (const { alert, expr } of alerts) expect(await missing(expr), alert).to.deep.equal([]);
    for (const { title, expr } of panels) expect(await missing(expr), title).to.deep.equal([]);
  });

  it('show something in each panel', async () => {
    expect(panels).to.have.lengthOf.above(20);
    for (const { title, expr } of panels)
      expect(await prometheus.ask(expr), `${title}: ${expr}`).not.to.be.empty;
  });

  it('are silent while all is well, and each fires when its trouble comes', async () => {
    for (const { alert, expr } of alerts) expect(await prometheus.ask(expr), alert).to.deep.equal([]);
    Object.assign(health, { leads: false, circuit: 'open' } satisfies Health);
    const signal = AbortSignal.timeout(45_000);
    for (let silent = alerts; silent.length > 0; ) {
      expect(signal.aborted, `silent: ${silent.map(({ alert }) => alert)}`).to.equal(false);
      meters.verdict('Error', 'EvidenceUnreadable', 3);
      meters.review('a2a', 'failed');
      queue.added();
      await sleep(500);
      const values = await Promise.all(silent.map(({ expr }) => prometheus.ask(expr)));
      silent = silent.filter((_, index) => values[index]?.length === 0);
    }
  });
});

/** The operator's metrics, each of which has been used once. */
function measured(health: Health) {
  const registry = createRegistry();
  const meters = analysisMetrics(registry);
  meters.verdict('Promote', 'NoRegression', 60);
  meters.verdict('Error', 'EvidenceUnreadable', 60);
  meters.review('a2a', 'promote');
  meters.review('a2a', 'failed');
  meters.reviewed('a2a', 5);
  meters.tokens('a2a', { inputTokens: 1000, outputTokens: 100 });
  meters.report('Posted');
  meters.inFlight(() => 1);
  meters.circuits(() => [{ kind: 'a2a', state: health.circuit, count: 1 }]);
  leaderMetric(registry, 'canary-analysis-operator', () => health.leads);
  const controller = controllerMetrics(registry, 'canaryanalysis', 8);
  controller.started();
  controller.ended('success', 5);
  const queue = queueMetrics(registry, 'canaryanalysis');
  // One waits all the time, which is no growing queue.
  queue.added();
  queue.added();
  queue.taken(1);
  queue.done(5);
  return { registry, meters, queue };
}

/** The parts of an expression in a field of another part. */
function partsIn(value: unknown): Part[] {
  if (Array.isArray(value)) return value.flatMap(partsIn);
  return typeof value === 'object' && value !== null && 'type' in value ? [value as Part] : [];
}
