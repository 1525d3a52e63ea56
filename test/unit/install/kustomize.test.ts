import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { parseImage } from '../../../kustomize/image-reference.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { tableRows } from '../docs/markdown.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const yaml = (path: string) => parse(read(path));

const PROMETHEUS = 'kustomize/components/prometheus';
const PLUGIN = 'kustomize/components/argo-rollouts-plugin';

describe('the values for the Helm chart', () => {
  const values = yaml('examples/helm/argo-rollouts-values.yaml');
  const { spec } = yaml(`${PLUGIN}/controller/deployment.yaml`).spec.template;

  it('put the same init container, volume and mount into the controller as the component', () => {
    const [init] = values.controller.initContainers;
    const [due] = spec.initContainers;
    expect({ ...init, image: due.image }).to.deep.equal(due);
    expect(init.image).to.equal(`${due.image}:${packageJson.version}`);
    expect(values.controller.volumes).to.deep.equal(spec.volumes);
    expect(values.controller.volumeMounts).to.deep.equal(spec.containers[0].volumeMounts);
  });

  it('register the plugin by the same entry, and bind the same role', () => {
    const { data } = yaml(`${PLUGIN}/config-map.yaml`);
    expect(values.controller.metricProviderPlugins).to.deep.equal(parse(data.metricProviderPlugins));
    expect(values.extraObjects).to.deep.equal([yaml(`${PLUGIN}/controller/role-binding.yaml`)]);
  });
});

describe('alerts and dashboard', () => {
  const documented = tableRows('docs/metrics.md', 'metric').map(([cell = '']) => cell.replaceAll('`', ''));
  const alerts = (yaml(`${PROMETHEUS}/prometheus-rule.yaml`).spec.groups as { rules: { expr: string }[] }[])
    .flatMap(({ rules }) => rules)
    .map(({ expr }) => expr);
  const dashboard = JSON.parse(read(`${PROMETHEUS}/dashboard.json`)) as {
    panels: { id: number; title: string; targets?: { expr: string }[] }[];
  };
  const shown = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

  /** The names of metrics in an expression: a word before a selector in braces. */
  const metricsIn = (expressions: readonly string[]): string[] =>
    expressions
      .flatMap((text) => [...text.matchAll(/([a-z_]+)\{/g)].map(([, name = '']) => name))
      .concat(
        expressions.flatMap((text) =>
          [...text.matchAll(/\b(canary_analysis_\w+)\[/g)].map(([, name = '']) => name),
        ),
      )
      .map((name) => name.replace(/_bucket$/, ''));

  it('ask for metrics that the operator has', () => {
    const named = [...metricsIn(alerts), ...metricsIn(shown)];
    expect(named.length).to.be.greaterThan(25);
    expect(
      named.filter((name) => !documented.includes(name) && name !== 'process_resident_memory_bytes'),
    ).to.deep.equal([]);
  });

  it('show every metric of the analyses and of the controller', () => {
    expect(documented.filter((name) => !metricsIn(shown).includes(name))).to.deep.equal([]);
  });

  it('alert on all that the page on metrics says to watch', () => {
    const watched = tableRows('docs/metrics.md', 'when').map(
      ([cell = '']) => (cell.match(/(canary_analysis|leader_election|workqueue)_\w+/) ?? [''])[0],
    );
    expect(watched.length).to.be.greaterThan(3);
    expect(watched).not.to.include('');
    expect(alerts.map((text) => metricsIn([text])[0])).to.deep.equal(watched);
  });

  it('have panels that Grafana can tell apart', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).to.equal(ids.length);
  });
});

describe('the OpenShift kit', () => {
  const KIT = 'examples/openshift-gitops/system';
  const OVERLAY = 'kustomize/overlays/openshift-gitops';

  it('has the RolloutManager of the overlay, with a registry and a log level', () => {
    const { spec, metadata } = yaml(`${KIT}/progressive-delivery-controller/rolloutmanager.yaml`);
    const due = yaml(`${OVERLAY}/rollout-manager.yaml`);
    expect([metadata.name, metadata.namespace]).to.deep.equal([due.metadata.name, due.metadata.namespace]);
    expect(spec).to.deep.equal({
      ...due.spec,
      image: `registry.example.com/${due.spec.image}`,
      env: [...due.spec.env, { name: 'LOG_LEVEL', value: 'info' }],
    });
  });

  it('binds the same role to the same account, and configures the operator alike', () => {
    const binding = yaml(`${KIT}/progressive-delivery-controller/role-binding.yaml`);
    const { roleRef, subjects } = yaml(`${OVERLAY}/role-binding.yaml`);
    expect({ roleRef: binding.roleRef, subjects: binding.subjects }).to.deep.equal({ roleRef, subjects });
    expect(yaml(`${KIT}/canary-analysis/config.yaml`)).to.deep.equal(yaml(`${OVERLAY}/config.yaml`));
  });
});

describe('the component for chaos experiments', () => {
  it('says to leave it out exactly as long as an analysis has nothing about them', () => {
    const [version] = yaml('crds/metric-ai.argoproj-labs.io_canaryanalyses.yaml').spec.versions;
    const { spec } = version.schema.openAPIV3Schema.properties;
    expect(Object.keys(spec.properties)).to.include('reviewers');
    const ahead = !Object.keys(spec.properties).includes('chaos');
    expect(
      read('kustomize/components/chaos/kustomization.yaml').includes('leave this component out'),
    ).to.equal(ahead);
    expect(read('docs/installation.md').includes('**Leave this component out for now.**')).to.equal(ahead);
    expect(read('docs/permissions.md').includes('| experiments, not yet |')).to.equal(ahead);
  });
});

describe('an image that is named to make install', () => {
  it('is taken apart into name, tag and digest', () => {
    const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
    expect(parseImage('operator:0.1.0')).to.deep.equal({ newName: 'operator', newTag: '0.1.0' });
    expect(parseImage('localhost:5000/team/operator:0.1.0')).to.deep.equal({
      newName: 'localhost:5000/team/operator',
      newTag: '0.1.0',
    });
    expect(parseImage(`ghcr.io/acme/operator:0.1.0@${digest}`)).to.deep.equal({
      newName: 'ghcr.io/acme/operator',
      digest,
    });
  });

  it('is refused when what runs would change by itself, or it is no image', () => {
    expect(() => parseImage('ghcr.io/acme/operator')).to.throw('neither tag nor digest');
    expect(() => parseImage('localhost:5000/operator')).to.throw('neither tag nor digest');
    expect(() => parseImage('operator:latest')).to.throw('pushed last');
    expect(() => parseImage('Operator:1')).to.throw('is no image');
    expect(() => parseImage('operator:1@sha256:12')).to.throw('is no image');
  });
});

describe('the NetworkPolicy of the operator', () => {
  it('lets DNS out on its port and on that of OpenShift, over UDP and TCP', () => {
    const { egress } = yaml('kustomize/base/network-policy.yaml').spec as {
      egress: { to?: unknown; ports: { port: number; protocol?: string }[] }[];
    };
    const anywhere = egress.filter(({ to }) => to === undefined).flatMap(({ ports }) => ports);
    expect(anywhere.map(({ port, protocol }) => `${protocol} ${port}`)).to.have.members([
      'UDP 53',
      'TCP 53',
      'UDP 5353',
      'TCP 5353',
    ]);
  });
});

describe('the Application of the plugin', () => {
  it('brings a kustomization that keeps Deployment and ConfigMap from being deleted', () => {
    const { path } = yaml('kustomize/overlays/argo-cd/applications/plugin.yaml').spec.source;
    const { resources, patches } = yaml(`${path}/kustomization.yaml`);
    expect(resources).to.deep.equal(['../../cluster/argo-rollouts']);
    const [{ target, patch }] = patches;
    expect(target.kind.split('|')).to.have.members(['Deployment', 'ConfigMap']);
    expect(parse(patch)).to.deep.equal([
      {
        op: 'add',
        path: '/metadata/annotations/argocd.argoproj.io~1sync-options',
        value: 'Prune=false,Delete=false',
      },
    ]);
  });
});
