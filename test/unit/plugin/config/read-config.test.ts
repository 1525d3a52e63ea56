import { expect } from 'chai';
import { isCoded } from '../../../../crds/errors.ts';
import { type ResolvedConfig, readConfig } from '../../../../plugin/config/read-config.ts';

const CONTEXT = { namespace: 'shop', controllerNamespace: 'argo-rollouts' };

function read(config: unknown, context = CONTEXT): ResolvedConfig {
  return readConfig(new TextEncoder().encode(JSON.stringify(config)), context);
}

function refusal(config: unknown): string {
  try {
    read(config);
  } catch (error) {
    if (isCoded(error, 'CONFIG_INVALID')) return error.message;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('the configuration of the plugin', () => {
  describe('as the first metric-ai plugin documented it', () => {
    it('reads the shortest documented example: a model and a repository', () => {
      const { dialect, spec, warnings } = read({
        model: 'gemini-2.0-flash-exp',
        baseBranch: 'main',
        githubUrl: 'https://github.com/carlossg/rollouts-demo',
      });
      expect(dialect).to.equal('v0');
      expect(spec).to.deep.equal({
        reviewers: [{ gemini: { model: 'gemini-2.0-flash-exp' } }],
        gitHub: { url: 'https://github.com/carlossg/rollouts-demo', baseBranch: 'main' },
        observation: { waitSeconds: 30 },
      });
      expect(warnings).to.deep.equal([]);
    });

    it('reads default mode with selectors and an extra prompt', () => {
      const { spec } = read({
        analysisMode: 'default',
        model: 'gemini-2.0-flash-exp',
        stablePodLabel: 'app=rollouts-demo,revision=stable',
        canaryPodLabel: 'app=rollouts-demo,revision=canary',
        baseBranch: 'main',
        githubUrl: 'https://github.com/carlossg/rollouts-demo',
        extraPrompt: 'Pay special attention to database connection errors and memory usage patterns.',
      });
      expect(spec).to.deep.equal({
        stable: { selector: 'app=rollouts-demo,revision=stable' },
        canary: { selector: 'app=rollouts-demo,revision=canary' },
        reviewers: [{ gemini: { model: 'gemini-2.0-flash-exp' } }],
        gitHub: { url: 'https://github.com/carlossg/rollouts-demo', baseBranch: 'main' },
        extraPrompt: 'Pay special attention to database connection errors and memory usage patterns.',
        observation: { waitSeconds: 30 },
      });
    });

    const agentMode = {
      analysisMode: 'agent',
      namespace: 'shop',
      podName: 'canary-abc',
      stablePodLabel: 'app=rollouts-demo,revision=stable',
      canaryPodLabel: 'app=rollouts-demo,revision=canary',
      model: 'gemini-2.0-flash-exp',
      baseBranch: 'main',
      githubUrl: 'https://github.com/carlossg/rollouts-demo',
      extraPrompt: 'Focus on error rates and response times. Consider this a critical production deployment.',
    };

    it('reads agent mode as the operator’s agent first and the model behind it', () => {
      const { dialect, spec, warnings } = read(agentMode);
      expect(dialect).to.equal('v0');
      expect(spec.reviewers).to.deep.equal([{ a2a: {} }, { gemini: { model: 'gemini-2.0-flash-exp' } }]);
      expect(spec.canary).to.deep.equal({
        selector: 'app=rollouts-demo,revision=canary',
        podName: 'canary-abc',
      });
      expect(spec.policy).to.equal(undefined);
      expect(warnings).to.deep.equal([]);
    });

    for (const missing of ['namespace', 'podName']) {
      for (const value of [undefined, '', null]) {
        it(`falls back to default mode with the documented words when ${missing} is ${JSON.stringify(value)}`, () => {
          const { spec, warnings } = read({ ...agentMode, [missing]: value });
          expect(spec.reviewers).to.deep.equal([{ gemini: { model: 'gemini-2.0-flash-exp' } }]);
          expect(warnings).to.have.length(1);
          expect(warnings[0]).to.include('Agent mode requires namespace and podName');
        });
      }
    }

    it('leaves the model to the operator when none is named', () => {
      expect(read({ stablePodLabel: 'a=b' }).spec.reviewers).to.deep.equal([{ gemini: {} }]);
    });

    it('refuses a namespace other than the AnalysisRun’s', () => {
      expect(refusal({ ...agentMode, namespace: 'other' })).to.match(/^namespace must be .*shop/);
    });

    it('refuses an unknown mode', () => {
      expect(refusal({ model: 'm', analysisMode: 'agents' })).to.equal(
        'analysisMode must be one of "default", "agent"',
      );
    });

    it('warns with the documented words when a branch is given without a repository', () => {
      const { spec, warnings } = read({ model: 'm', baseBranch: 'main' });
      expect(spec.gitHub).to.equal(undefined);
      expect(warnings[0]).to.include('Skipping GitHub issue creation (githubUrl not configured)');
    });
  });

  describe('as the second metric-ai plugin documented it', () => {
    const documented = {
      agentUrl: 'http://kubernetes-agent.argo-rollouts.svc.cluster.local:8080',
      stableLabel: 'role=stable',
      canaryLabel: 'role=canary',
      extraPrompt: 'Ignore color changes. Consider LoadBalancerNegNotReady a temporary condition.',
    };

    it('reads the documented example: an agent without which there is no verdict', () => {
      const { dialect, spec, warnings } = read(documented);
      expect(dialect).to.equal('v1');
      expect(spec).to.deep.equal({
        reviewers: [{ a2a: { url: 'http://kubernetes-agent.argo-rollouts.svc.cluster.local:8080' } }],
        policy: { onReviewerUnavailable: 'Error' },
        stable: { selector: 'role=stable' },
        canary: { selector: 'role=canary' },
        extraPrompt: 'Ignore color changes. Consider LoadBalancerNegNotReady a temporary condition.',
        observation: { waitSeconds: 30 },
      });
      expect(warnings).to.deep.equal([]);
    });

    it('reads the example of the progressive delivery demo, completing the one-label host', () => {
      const { spec } = read({
        agentUrl: 'http://kubernetes-agent:8080',
        stableLabel: 'role=stable',
        canaryLabel: 'role=canary',
        githubUrl: 'https://github.com/kdubois/progressive-delivery',
        baseBranch: 'main',
        extraPrompt: 'Ignore color changes. Consider LoadBalancerNegNotReady a temporary condition.',
      });
      expect(spec.reviewers).to.deep.equal([
        { a2a: { url: 'http://kubernetes-agent.argo-rollouts.svc:8080' } },
      ]);
      expect(spec.gitHub).to.deep.equal({
        url: 'https://github.com/kdubois/progressive-delivery',
        baseBranch: 'main',
      });
    });

    it('keeps a prompt of several lines as it is', () => {
      const extraPrompt =
        'This is a payment service.\nFocus on transaction errors and database issues.\nIgnore UI color changes.\n';
      expect(read({ ...documented, extraPrompt }).spec.extraPrompt).to.equal(extraPrompt);
    });

    it('leaves the pods to the Rollout when no selector is given', () => {
      const { spec } = read({ agentUrl: documented.agentUrl });
      expect(spec).not.to.have.any.keys('stable', 'canary');
    });

    for (const config of [
      { stableLabel: 'role=stable' },
      { canaryLabel: 'role=canary', extraPrompt: 'x' },
      { agentUrl: '', stableLabel: 'role=stable', canaryLabel: 'role=canary' },
      { agentUrl: null },
    ]) {
      it(`says the documented words without an agent URL: ${JSON.stringify(config)}`, () => {
        expect(refusal(config)).to.include('agentUrl is required in plugin configuration');
      });
    }

    it('names agentUrl, and not the place it goes to, when it is no URL', () => {
      expect(refusal({ agentUrl: 'kubernetes-agent:8080' })).to.match(/^agentUrl must be an absolute http/);
      expect(refusal({ agentUrl: 'http://user:hunter2@agent:8080' }))
        .to.match(/^agentUrl must be/)
        .and.not.include('hunter2');
    });
  });

  describe('in its own words', () => {
    it('takes everything from the Rollout and the operator when it is empty', () => {
      for (const config of [{}, null]) {
        const { dialect, spec, warnings } = read(config);
        expect(dialect).to.equal('default');
        expect(spec).to.deep.equal({});
        expect(warnings).to.deep.equal([]);
      }
      expect(readConfig(new Uint8Array(), CONTEXT).spec).to.deep.equal({});
    });

    it('takes repository, branch and prompt without any reviewer', () => {
      const { dialect, spec } = read({
        githubUrl: 'https://github.com/acme/shop',
        extraPrompt: 'Mind the db.',
      });
      expect(dialect).to.equal('default');
      expect(spec).to.deep.equal({
        gitHub: { url: 'https://github.com/acme/shop' },
        extraPrompt: 'Mind the db.',
      });
    });

    it('reads every native field', () => {
      const native = {
        stable: { selector: 'a=b' },
        canary: { selector: 'a=c', podName: 'p' },
        observation: { lookbackSeconds: 300, waitSeconds: 0, minPower: 90 },
        evidence: { maxBytesPerContainer: 65536, maxPods: 1, maxContainers: 1, maxTemplates: 100 },
        reviewers: [
          { openAI: { model: 'm', baseURL: 'https://llm.example.com/v1' }, timeoutSeconds: 5 },
          { a2a: { url: 'http://agent.ops:80' } },
        ],
        policy: { onReviewerUnavailable: 'UseFindings', minConfidence: 70 },
        gitHub: { url: 'https://github.com/acme/shop', issue: 'Never', pullRequest: false },
        timeoutSeconds: 60,
        ttlSecondsAfterFinished: 3600,
      };
      const { dialect, spec } = read(native);
      expect(dialect).to.equal('native');
      expect(spec).to.deep.equal(native);
    });

    it('reads numbers and booleans given as strings, as template arguments are', () => {
      const { spec } = read({
        observation: { waitSeconds: '15', minPower: ' 90 ' },
        gitHub: { url: 'https://github.com/acme/shop', pullRequest: 'false' },
        reviewers: [{ a2a: {}, timeoutSeconds: '20' }],
        timeoutSeconds: '120',
      });
      expect(spec.observation).to.deep.equal({ waitSeconds: 15, minPower: 90 });
      expect(spec.gitHub?.pullRequest).to.equal(false);
      expect(spec.reviewers).to.deep.equal([{ a2a: {}, timeoutSeconds: 20 }]);
      expect(spec.timeoutSeconds).to.equal(120);
    });

    it('lets native fields win over those of an earlier plugin, field by field', () => {
      const { dialect, spec } = read({
        agentUrl: 'http://agent.ops:8080',
        stableLabel: 'role=stable',
        canaryLabel: 'role=canary',
        githubUrl: 'https://github.com/acme/shop',
        baseBranch: 'main',
        observation: { waitSeconds: 5 },
        policy: { onSuspicion: 'Abort', onReviewerUnavailable: 'Inconclusive' },
        canary: { selector: 'role=preview' },
        gitHub: { issue: 'OnAbortOrInconclusive', baseBranch: 'develop' },
      });
      expect(dialect).to.equal('v1');
      expect(spec).to.deep.equal({
        reviewers: [{ a2a: { url: 'http://agent.ops:8080' } }],
        policy: { onSuspicion: 'Abort', onReviewerUnavailable: 'Inconclusive' },
        stable: { selector: 'role=stable' },
        canary: { selector: 'role=preview' },
        gitHub: {
          url: 'https://github.com/acme/shop',
          baseBranch: 'develop',
          issue: 'OnAbortOrInconclusive',
        },
        observation: { waitSeconds: 5 },
      });
    });

    it('replaces the reviewers of an earlier plugin whole', () => {
      const { spec } = read({ model: 'm', reviewers: [{ a2a: {} }] });
      expect(spec.reviewers).to.deep.equal([{ a2a: {} }]);
    });
  });

  describe('when it is wrong', () => {
    const cases: [config: unknown, message: RegExp][] = [
      [{ agentURL: 'http://a:1' }, /^unknown field "agentURL": did you mean "agentUrl"\?$/],
      [{ githubURL: 'x' }, /did you mean "githubUrl"/],
      [{ stableLable: 'x' }, /did you mean "stableLabel"/],
      [{ zzzzzzzz: 1 }, /^unknown field "zzzzzzzz": the known fields are model, /],
      [
        { observation: { waitSecond: 1 } },
        /^unknown field "waitSecond" in observation: did you mean "waitSeconds"\?$/,
      ],
      [
        { reviewers: [{ a2a: { URL: 'http://a:1' } }] },
        /^unknown field "URL" in reviewers\[0\]\.a2a: did you mean "url"\?$/,
      ],
      [{ measurement: {} }, /^unknown field "measurement"/],
      [{ cancelled: true }, /^unknown field "cancelled"/],
      [{ rolloutRef: { name: 'x' } }, /^unknown field "rolloutRef"/],
      [{ model: 5 }, /^model must be a string, not a number: put it in quotes$/],
      [{ extraPrompt: ['a'] }, /^extraPrompt must be a string, not a list/],
      [{ extraPrompt: 'x'.repeat(8193) }, /^extraPrompt must be at most 8192 characters long$/],
      [{ model: 'm'.repeat(200) }, /^model must be at most 128 characters long$/],
      [{ githubUrl: 'github.com/acme/shop' }, /^githubUrl must be an absolute http or https URL/],
      [{ gitHub: { issue: 'Never' } }, /^gitHub\.url is required$/],
      [{ timeoutSeconds: 'soon' }, /^timeoutSeconds must be a whole number, not a string$/],
      [{ timeoutSeconds: 1.5 }, /^timeoutSeconds must be a whole number, not a fraction$/],
      [{ timeoutSeconds: 1 }, /^timeoutSeconds must be at least 10$/],
      [{ observation: 5 }, /^observation must be an object, not a number$/],
      [{ observation: { minPower: '101' } }, /^observation\.minPower must be at most 100$/],
      [
        { policy: { onSuspicion: 'Promote' } },
        /^policy\.onSuspicion must be one of "Inconclusive", "Abort"$/,
      ],
      [{ reviewers: [{}] }, /^reviewers\[0\] must have exactly one of "gemini", "openAI", "a2a"$/],
      [{ reviewers: [{ gemini: {}, a2a: {} }] }, /^reviewers\[0\] must have exactly one of/],
      [
        { model: 'm', agentUrl: 'http://a:1' },
        /metric-ai v0 \(model\) and metric-ai v1 \(agentUrl\); keep those of one/,
      ],
      [
        { chaosExperimentCRD: 'x', model: 'm' },
        /metric-ai v0 \(model\) and chaos-mesh \(chaosExperimentCRD\)/,
      ],
      [
        {
          chaosExperimentCRD: 'kind: PodChaos',
          targetReplicaSetLabel: 'rollouts-pod-template-hash',
          targetReplicaSetValue: 'abc',
          timeout: '10m',
          cleanupOnFinish: true,
        },
        /not yet supported by this version/,
      ],
      [
        { timeout: '60' },
        /^timeout belongs to a chaos experiment .*chaosExperimentCRD; did you mean "timeoutSeconds"\?$/,
      ],
      [[], /must be a mapping of fields, not a list/],
      ['text', /must be a mapping of fields, not a string/],
    ];
    for (const [config, message] of cases) {
      it(`refuses ${JSON.stringify(config).slice(0, 70)} and says so`, () => {
        expect(refusal(config)).to.match(message);
      });
    }

    it('refuses what is not JSON without quoting it', () => {
      expect(() => readConfig(new TextEncoder().encode('{"s3cret'), CONTEXT))
        .to.throw(/not JSON/)
        .with.property('message')
        .that.does.not.include('s3cret');
    });
  });

  describe('its digest', () => {
    it('does not depend on the order of fields', () => {
      const a = read({ agentUrl: 'http://a.b', stableLabel: 'x=y', canaryLabel: 'x=z' });
      const b = read({ canaryLabel: 'x=z', stableLabel: 'x=y', agentUrl: 'http://a.b' });
      expect(a.digest).to.match(/^[0-9a-f]{64}$/);
      expect(b.digest).to.equal(a.digest);
    });

    it('depends on what was resolved', () => {
      const digests = [{}, { timeoutSeconds: 60 }, { timeoutSeconds: '61' }, { extraPrompt: '60' }].map(
        (config) => read(config).digest,
      );
      expect(new Set(digests).size).to.equal(digests.length);
    });
  });
});
