import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { parseConfig } from '../../../operator/config/load-config.ts';
import { anchorsOf, proseOf } from '../docs/markdown.ts';
import {
  documentsOf,
  FILES,
  type Fields,
  isFields,
  listOf,
  type Manifest,
  manifests,
  mappingsIn,
  ROOT,
  TEMPLATES,
} from './manifests.ts';

/** Kinds of file that say no object: kustomize's own, and what another program than Kubernetes reads. */
const NO_OBJECT = /\/(kustomization|config|[\w-]+-values|github-actions\/[\w-]+)\.yaml$/;

interface PodSpec {
  readonly where: string;
  readonly spec: Fields;
}

function podSpecs(all: readonly Manifest[]): PodSpec[] {
  return all.flatMap(({ path, kind, name, fields }) =>
    mappingsIn(fields)
      .filter((mapping) => Array.isArray(mapping['containers']))
      .map((spec) => ({ where: `${path} ${kind} ${name}`, spec })),
  );
}

function containersOf({ spec }: PodSpec): Fields[] {
  return [...listOf(spec['initContainers']), ...listOf(spec['containers'])];
}

function at(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>((inner, key) => (isFields(inner) ? inner[key] : undefined), value);
}

/** The example that a path is of: two may name a Secret alike. */
function exampleOf(path: string): string {
  return path.split('/', 2).join('/');
}

describe('the manifests of the examples', () => {
  let all: Manifest[];
  let pods: PodSpec[];
  before(() => {
    all = manifests();
    pods = podSpecs(all);
  });

  it('are YAML, and each says what it is', () => {
    expect(FILES).to.have.lengthOf.above(20);
    const unnamed = all
      .filter(({ path }) => !NO_OBJECT.test(path))
      .filter(({ kind, name, fields }) => kind === '' || name === '' || fields['apiVersion'] === undefined);
    expect(unnamed.map(({ path }) => path)).to.deep.equal([]);
  });

  it('hold configurations that the operator reads', () => {
    const configs = FILES.filter((path) => path.endsWith('/config.yaml'));
    expect(configs).not.to.be.empty;
    for (const path of configs)
      expect(parseConfig(readFileSync(join(ROOT, path), 'utf8'), path).health?.port, path).to.equal(8081);
  });

  it('are described by pages without a link that leads nowhere', () => {
    const pages = globSync('examples/*/README.md', { cwd: ROOT });
    expect(pages).to.have.lengthOf(3);
    for (const page of pages)
      for (const [, target = ''] of proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https:/.test(target)) continue;
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? page : normalize(join(dirname(page), path));
        expect(existsSync(join(ROOT, file)), `${page}: ${target}`).to.equal(true);
        if (anchor !== undefined) expect([...anchorsOf(file)], `${page}: ${target}`).to.include(anchor);
      }
  });

  it('are at the paths that their pages name', () => {
    for (const page of globSync('examples/*/README.md', { cwd: ROOT })) {
      const home = join(ROOT, dirname(page));
      const named = [
        ...readFileSync(join(ROOT, page), 'utf8').matchAll(/[\w.-]+(?:\/[\w.-]+)+(?:\.yaml|\/)/g),
      ]
        .map(([path]) => path.replace(/\.template$/, ''))
        .filter((path) => /^(examples|bootstrap|components|system|workloads|base)\//.test(path))
        .filter((path) => !path.endsWith('/secret.yaml'));
      for (const path of named)
        expect(
          [home, ROOT].some((folder) => existsSync(join(folder, path))),
          `${page}: ${path}`,
        ).to.equal(true);
    }
  });

  it('have no kustomization that names a file or folder that is not there', () => {
    const broken: string[] = [];
    const kustomizations = all.filter(({ path }) => path.endsWith('kustomization.yaml'));
    expect(kustomizations).to.have.lengthOf.above(5);
    for (const { path, fields } of kustomizations) {
      const patches = listOf(fields['patches']).map((patch) => patch['path'] ?? []);
      const generated = listOf(fields['configMapGenerator']).map(({ files }) => files ?? []);
      const named = [fields['resources'], fields['components'], fields['configurations'], patches, generated]
        .flat(3)
        .filter((name) => typeof name === 'string');
      expect(named, path).not.to.be.empty;
      for (const name of named) {
        const target = join(ROOT, normalize(join(dirname(path), name.replace(/^.*=/, ''))));
        if (!existsSync(target)) broken.push(`${path}: ${name}`);
        else if (!name.endsWith('.yaml') && !existsSync(join(target, 'kustomization.yaml')))
          broken.push(`${path}: ${name} has no kustomization.yaml`);
      }
    }
    expect(broken).to.deep.equal([]);
  });

  it('pin every image, and none to latest', () => {
    const loose = pods.flatMap((pod) => {
      const kustomized = listOf(imagesNear(pod.where)).map(({ name }) => name);
      return containersOf(pod)
        .map(({ image }) => `${image}`)
        .filter((image) => !kustomized.includes(image) && !/^auto$|[:@][\w.-]+$/.test(image))
        .map((image) => `${pod.where}: ${image}`);
    });
    expect(loose).to.deep.equal([]);
    for (const path of [...FILES, ...TEMPLATES])
      expect(readFileSync(join(ROOT, path), 'utf8'), path).not.to.match(
        /:latest\b|newTag: latest|\/latest\//,
      );
    for (const { path, fields } of all.filter(({ path }) => path.endsWith('kustomization.yaml')))
      for (const image of listOf(fields['images'])) expect(image, path).to.have.property('newTag');
  });

  it('run no pod that a restricted namespace refuses', () => {
    expect(pods).to.have.lengthOf.above(3);
    for (const pod of pods) {
      const { where, spec } = pod;
      expect(at(spec, 'securityContext', 'runAsNonRoot'), where).to.equal(true);
      expect(at(spec, 'securityContext', 'seccompProfile', 'type'), where).to.equal('RuntimeDefault');
      expect(spec, where).not.to.have.any.keys('hostNetwork', 'hostPID', 'hostIPC');
      for (const volume of listOf(spec['volumes'])) expect(volume, where).not.to.have.property('hostPath');
      for (const container of containersOf(pod)) {
        const context = container['securityContext'];
        expect(at(context, 'allowPrivilegeEscalation'), where).to.equal(false);
        expect(at(context, 'readOnlyRootFilesystem'), where).to.equal(true);
        expect(at(context, 'capabilities', 'drop'), where).to.deep.equal(['ALL']);
        expect(at(container, 'resources', 'requests'), where).to.include.keys('cpu', 'memory');
        expect(at(container, 'resources', 'limits'), where).to.include.keys('memory');
      }
    }
  });

  it('grant no right by a star', () => {
    const roles = all.filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole');
    expect(roles).to.have.lengthOf.above(0);
    for (const { path, name, fields } of roles)
      for (const rule of listOf(fields['rules']))
        expect(
          [rule['apiGroups'], rule['resources'], rule['verbs']].flat(),
          `${path} ${name}`,
        ).not.to.include('*');
  });

  it('hold no Secret but templates, which hold no value', () => {
    expect(all.filter(({ kind }) => kind === 'Secret').map(({ path }) => path)).to.deep.equal([]);
    for (const path of TEMPLATES)
      for (const { kind, fields } of documentsOf(path)) {
        expect(kind, path).to.equal('Secret');
        const values = Object.entries((fields['stringData'] ?? {}) as Fields);
        // A token of a ServiceAccount is the cluster's to fill in.
        const fills = fields['type'] === 'kubernetes.io/service-account-token';
        expect(values.length === 0, path).to.equal(fills);
        expect(
          values.filter(([key, value]) => value !== '' && /key|token|password/.test(key)),
          path,
        ).to.deep.equal([]);
      }
  });

  it('have a template for every Secret that a pod reads, with every key', () => {
    const templates = new Map(
      TEMPLATES.flatMap(documentsOf).map(({ path, name, fields }) => [
        `${exampleOf(path)} ${name}`,
        Object.keys((fields['stringData'] ?? {}) as Fields),
      ]),
    );
    for (const { where, spec } of pods) {
      for (const mapping of mappingsIn(spec)) {
        const { secretKeyRef, secretRef, secret } = mapping;
        if (isFields(secretKeyRef))
          expect(
            templates.get(`${exampleOf(where)} ${secretKeyRef['name']}`),
            `${where} ${secretKeyRef['name']}`,
          ).to.include(secretKeyRef['key']);
        for (const named of [at(secretRef, 'name'), at(secret, 'secretName')])
          if (named !== undefined)
            expect([...templates.keys()], where).to.include(`${exampleOf(where)} ${named}`);
      }
    }
  });

  it('lead Services, scalers and traffic to what exists beside them', () => {
    const rollouts = all.filter(({ kind }) => kind === 'Rollout');
    expect(rollouts).to.have.lengthOf.above(1);
    for (const { path, fields } of rollouts) {
      const folder = dirname(path);
      const near = all.filter((one) => dirname(one.path) === folder);
      const named = (kind: string) => near.filter((one) => one.kind === kind).map(({ name }) => name);
      const labels = at(fields, 'spec', 'template', 'metadata', 'labels');
      expect(labels, path).to.include(at(fields, 'spec', 'selector', 'matchLabels'));
      const strategies = mappingsIn(at(fields, 'spec', 'strategy'));
      const services = strategies.flatMap(
        ({ stableService, canaryService, activeService, previewService }) => [
          stableService,
          canaryService,
          activeService,
          previewService,
        ],
      );
      const templates = strategies.flatMap(({ templateName }) => templateName ?? []);
      expect(named('Service'), path).to.include.members(services.filter((name) => name !== undefined));
      expect(named('AnalysisTemplate'), path).to.include.members(templates);
    }
    for (const { path, fields } of all.filter(({ kind }) => kind === 'HorizontalPodAutoscaler')) {
      const near = rollouts.filter((one) => dirname(one.path) === dirname(path));
      expect(near.map(({ name }) => name)).to.include(at(fields, 'spec', 'scaleTargetRef', 'name'));
    }
  });

  it('have Argo CD leave to Argo Rollouts what it writes: weights, and selectors of Services', () => {
    const sets = all.filter(({ name }) => name === 'workloads' || name === 'ai-engine-rollouts');
    expect(sets).to.have.lengthOf(2);
    for (const { path, kind, fields } of sets) {
      const spec = kind === 'Application' ? fields['spec'] : at(fields, 'spec', 'template', 'spec');
      expect(at(spec, 'syncPolicy', 'syncOptions'), path).to.include('RespectIgnoreDifferences=true');
      const ignored = new Map(listOf(at(spec, 'ignoreDifferences')).map((one) => [one['kind'], one]));
      expect([...ignored.keys()], path).to.have.members(['VirtualService', 'Service']);
      expect(ignored.get('Service'), path).to.deep.equal({
        kind: 'Service',
        jsonPointers: ['/spec/selector'],
      });
      const from =
        kind === 'Application' ? `${at(spec, 'source', 'path')}/` : 'examples/openshift-gitops/workloads/';
      const kinds = all.filter((one) => one.path.startsWith(from)).map((one) => one.kind);
      expect(kinds, `${path}: ${from}`).to.include('VirtualService');
    }
  });
});

/** The `images` of the kustomization beside a file. */
function imagesNear(where: string): unknown {
  const path = join(ROOT, dirname(where.split(' ')[0] ?? ''), 'kustomization.yaml');
  return existsSync(path) ? at(parse(readFileSync(path, 'utf8')), 'images') : undefined;
}
