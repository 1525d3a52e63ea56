import { expect } from 'chai';
import { PLUGIN_NAMES } from '../../lab/system.ts';
import { documentsOf, type Fields, listOf } from './manifests.ts';

interface Documented {
  /** As the document calls the template. */
  readonly name: string;
  readonly args?: readonly Fields[];
  /** The plugin's configuration. */
  readonly config: Fields;
}

/** Where metric-ai's documents name a repository of their authors, our examples have a place to put one's own. */
const REPOSITORIES = {
  theirs: 'https://github.com/carlossg/rollouts-demo',
  ours: 'https://github.com/your-org/rollouts-demo',
};

/** The AnalysisTemplates of the README of rollouts-plugin-metric-ai, v0 and v1, by the example that stands for each. */
const DOCUMENTED: Readonly<Record<string, Documented>> = {
  // v0, "Default Mode (Direct AI Analysis)".
  'analysis-template-v0-default.yaml': {
    name: 'canary-analysis-default',
    config: {
      analysisMode: 'default',
      model: 'gemini-2.0-flash-exp',
      stablePodLabel: 'app=rollouts-demo,revision=stable',
      canaryPodLabel: 'app=rollouts-demo,revision=canary',
      baseBranch: 'main',
      githubUrl: REPOSITORIES.theirs,
      extraPrompt: 'Pay special attention to database connection errors and memory usage patterns.',
    },
  },
  // v0, "Agent Mode (Kubernetes Agent via A2A)".
  'analysis-template-v0-agent.yaml': {
    name: 'canary-analysis-agent',
    args: [{ name: 'namespace' }, { name: 'canary-pod' }],
    config: {
      analysisMode: 'agent',
      namespace: '{{args.namespace}}',
      podName: '{{args.canary-pod}}',
      stablePodLabel: 'app=rollouts-demo,revision=stable',
      canaryPodLabel: 'app=rollouts-demo,revision=canary',
      model: 'gemini-2.0-flash-exp',
      baseBranch: 'main',
      githubUrl: REPOSITORIES.theirs,
      extraPrompt: 'Focus on error rates and response times. Consider this a critical production deployment.',
    },
  },
  // v1, the second of its two, which has the words that the OpenShift walk has, too.
  'analysis-template-v1.yaml': {
    name: 'canary-analysis',
    config: {
      agentUrl: 'http://kubernetes-agent.argo-rollouts.svc.cluster.local:8080',
      stableLabel: 'role=stable',
      canaryLabel: 'role=canary',
      extraPrompt: 'Ignore color changes. Consider LoadBalancerNegNotReady a temporary condition.',
    },
  },
};

describe("the examples that are as metric-ai's documents have them", () => {
  for (const [file, { name, args, config }] of Object.entries(DOCUMENTED))
    it(`${file}: every field but the repository`, () => {
      const [template, ...more] = documentsOf(`examples/metric-ai/${file}`);
      expect(more).to.deep.equal([]);
      const { githubUrl, ...rest } = config;
      const repository = githubUrl === undefined ? {} : { githubUrl: REPOSITORIES.ours };
      const plugin = { [PLUGIN_NAMES[0] ?? '']: { ...rest, ...repository } };
      expect(template?.fields).to.deep.equal({
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'AnalysisTemplate',
        metadata: { name },
        spec: {
          ...(args === undefined ? {} : { args }),
          metrics: [{ name: 'ai-analysis', provider: { plugin } }],
        },
      });
    });

  it('are all that say of themselves that they are', () => {
    const [kustomization] = documentsOf('examples/metric-ai/kustomization.yaml');
    const templates = ((kustomization?.fields['resources'] ?? []) as string[]).filter((path) =>
      /^analysis-template-v/.test(path),
    );
    expect(templates).to.have.members(Object.keys(DOCUMENTED));
  });
});

describe("the OpenShift walk's app", () => {
  it('is analysed at every step of a release, 15 seconds after its weight, as the documents have it', () => {
    const [rollout] = documentsOf('examples/openshift-gitops/workloads/canary-app/rollout.yaml');
    const spec = rollout?.fields['spec'] as { readonly strategy: { readonly canary: Fields } } | undefined;
    const analysis = { templates: [{ templateName: 'ai-analysis-agent' }] };
    expect(listOf(spec?.strategy.canary['steps'])).to.deep.equal(
      [20, 40, 60, 80].flatMap((setWeight) => [{ setWeight }, { pause: { duration: '15s' } }, { analysis }]),
    );
  });
});
