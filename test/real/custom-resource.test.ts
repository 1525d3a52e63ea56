import { expect } from 'chai';
import { systemClock } from '../../crds/client/clock.ts';
import { isCoded } from '../../crds/errors.ts';
import { type CanaryAnalysis, GROUP, PLURAL } from '../../crds/v1alpha1/canary-analysis.ts';
import type { CanaryAnalysisStatus } from '../../crds/v1alpha1/status.ts';
import { StatusWriter } from '../../operator/analysis/status-writer.ts';
import type { ControlPlane } from '../lab/control-plane/control-plane.ts';
import type { KubeObject } from '../lab/kubernetes.ts';
import { failureOf } from '../support/promises.ts';
import { type Content, reviewerKinds, ruleCases } from './rule-cases.ts';
import { boundsOf, fieldsOf, pathText, propertyOf, sample, valueWith } from './schema-cases.ts';
import {
  ANALYSES,
  analysis,
  create,
  definition,
  type Server,
  schema,
  startTwoServers,
  type TwoServers,
  tryChange,
  unlessAccepted,
  unlessRefused,
} from './two-servers.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

describe('the custom resource', () => {
  let lab: TwoServers;
  let plane: ControlPlane;

  before(async function () {
    this.timeout(1_800_000);
    lab = await startTwoServers((line) => process.stdout.write(`    ${line}\n`));
    plane = lab.plane;
  });

  after(() => lab?.stop());

  /** Asks both API servers the same; what is not as expected of either. */
  async function onBoth(ask: (server: Server, what: string) => Promise<string[]>): Promise<string[]> {
    return (await Promise.all(lab.servers.map((server) => ask(server, server.name)))).flat();
  }

  describe('its rules, alike on both API servers', () => {
    const rules = ruleCases(schema);

    it('are all tried here', () => {
      const messages = fieldsOf(schema, [])
        .flatMap(({ schema: node }) => node['x-kubernetes-validations'] ?? [])
        .map(({ message }) => message);
      expect(messages).to.have.members(Object.keys(rules));
    });

    for (const [message, { field, accepting, rejecting }] of Object.entries(rules)) {
      it(`"${message}" lets ${accepting.length} changes pass`, async () => {
        const problems: string[] = [];
        for (const change of accepting) {
          const found = await onBoth((server, name) =>
            unlessAccepted(`${name}: ${change.title}`, tryChange(server, change)),
          );
          problems.push(...found);
        }
        expect(problems).to.deep.equal([]);
      });

      it(`"${message}" refuses ${rejecting.length} changes in these words`, async () => {
        const problems: string[] = [];
        for (const change of rejecting) {
          const found = await onBoth((server, name) =>
            unlessRefused(`${name}: ${change.title}`, tryChange(server, change), field, message),
          );
          problems.push(...found);
        }
        expect(problems).to.deep.equal([]);
      });
    }

    it('cover every field of the spec but the two that may change', () => {
      const fields = Object.keys(propertyOf(schema, 'spec').properties ?? {});
      const titles = Object.values(rules).flatMap(({ rejecting }) => rejecting.map(({ title }) => title));
      const fixed = fields.filter((name) => titles.includes(`spec.${name} added`));
      expect(fields.filter((name) => !fixed.includes(name))).to.have.members([
        'cancelled',
        'ttlSecondsAfterFinished',
      ]);
    });

    it('let labels and annotations change', async () => {
      const problems = await onBoth(async (server, name) => {
        const { metadata } = await create(server, { spec: { timeoutSeconds: 60 } });
        const patch = { metadata: { labels: { team: 'shop' }, annotations: { note: 'kept' } } };
        return unlessAccepted(name, server.client.patch(`${ANALYSES}/${metadata.name}`, patch));
      });
      expect(problems).to.deep.equal([]);
    });

    it('want each reviewer to be of exactly one kind', async () => {
      const kinds = reviewerKinds(schema);
      const subsets = Array.from({ length: 2 ** kinds.length }, (_, bits) =>
        kinds.filter((_kind, index) => (bits >> index) % 2 === 1),
      );
      const problems: string[] = [];
      for (const subset of subsets) {
        const body = analysis({ reviewers: [Object.fromEntries(subset.map((kind) => [kind, {}]))] });
        const says = '"spec.reviewers[0]" must validate one and only one schema (oneOf)';
        const found = await onBoth((server, name) => {
          const request = server.client.create(`${ANALYSES}?dryRun=All`, body);
          const what = `${name}: ${subset.join(' and ') || 'none'}`;
          return subset.length === 1
            ? unlessAccepted(what, request)
            : unlessRefused(what, request, '<nil>', says);
        });
        problems.push(...found);
      }
      expect(kinds).to.have.length.greaterThan(1);
      expect(problems).to.deep.equal([]);
    });
  });

  describe('its bounds, alike on both API servers', () => {
    for (const part of ['spec', 'status'] as const) {
      for (const [name, property] of Object.entries(propertyOf(schema, part).properties ?? {})) {
        const bounds = fieldsOf(property, [part, name]).flatMap(boundsOf);

        it(`${part}.${name}: ${bounds.length} values beyond are refused, those at the bound pass`, async () => {
          const stored = part === 'spec' ? undefined : `bounds-${name.toLowerCase()}`;
          const attempt = ({ client }: Server, path: (typeof bounds)[number]['field'], value: unknown) => {
            const { spec, status } = valueWith(schema, path, value) as unknown as Content;
            return stored === undefined
              ? client.create(`${ANALYSES}?dryRun=All`, analysis(spec, 'bounds'))
              : client.patch(`${ANALYSES}/${stored}/status?dryRun=All`, { status });
          };
          if (stored !== undefined) {
            for (const { client } of lab.servers) await client.create(ANALYSES, analysis({}, stored));
          }
          const problems: string[] = [];
          for (const { field, keyword, within, beyond, says } of bounds) {
            const title = `${pathText(field)} ${keyword}`;
            const found = await onBoth((server, on) =>
              unlessRefused(`${on}: ${title}`, attempt(server, field, beyond), pathText(field), says),
            );
            problems.push(...found);
            for (const value of within) {
              const passed = await onBoth((server, on) =>
                unlessAccepted(`${on}: ${title} at the bound`, attempt(server, field, value)),
              );
              problems.push(...passed);
            }
          }
          expect(problems).to.deep.equal([]);
        });
      }
    }

    it('let a spec through that has every field', async () => {
      const spec = propertyOf(schema, 'spec');
      const full = Object.entries(spec.properties ?? {}).map(([name, property]) => [
        name,
        sample(property, 1),
      ]);
      const body = analysis(Object.fromEntries(full), 'full');
      const problems = await onBoth(({ client }, name) =>
        unlessAccepted(name, client.create(`${ANALYSES}?dryRun=All&fieldValidation=Strict`, body)),
      );
      expect(problems).to.deep.equal([]);
    });
  });

  describe('an unknown field, under strict validation', () => {
    const strict = `${ANALYSES}?dryRun=All&fieldValidation=Strict`;

    it('is refused by its name, wherever it stands', async () => {
      const body = analysis({
        polcy: {},
        policy: { onSuspicions: 'Abort' },
        reviewers: [{ a2a: { uri: '' } }],
      });
      for (const { name, client } of lab.servers) {
        const error = await failureOf(client.create(strict, body));
        for (const field of ['spec.polcy', 'spec.policy.onSuspicions', 'spec.reviewers[0].a2a.uri'])
          expect(error.message, name).to.contain(`unknown field "${field}"`);
        expect(error, name).to.include({ code: 400 });
      }
    });

    it('is refused in the status, too', async () => {
      for (const server of lab.servers) {
        const { metadata } = await create(server, { spec: {} });
        const path = `${ANALYSES}/${metadata.name}/status?fieldValidation=Strict`;
        const error = await failureOf(server.client.patch(path, { status: { verdit: 'Promote' } }));
        expect(error.message, server.name).to.contain('strict decoding error: unknown field "status.verdit"');
      }
    });

    it('is refused by kubectl as it comes', async () => {
      const body = JSON.stringify(analysis({ timeoutSecond: 60 }));
      const error = await failureOf(plane.kubectl(['create', '-f', '-'], body));
      expect(error.message).to.contain('strict decoding error: unknown field "spec.timeoutSecond"');
    });
  });

  describe('two writers of its status', () => {
    const promote = (status: CanaryAnalysisStatus = {}): CanaryAnalysisStatus => ({
      ...status,
      verdict: 'Promote',
      reason: 'Clean',
    });
    const abort = (status: CanaryAnalysisStatus = {}): CanaryAnalysisStatus => ({
      ...status,
      verdict: 'Abort',
      reason: 'BlockingFact',
    });

    const readNew = async (server: Server): Promise<CanaryAnalysis> => {
      const { metadata } = await create(server, { spec: {} });
      return server.analyses.get({ namespace: 'default', name: metadata.name });
    };

    async function onEach(test: (server: Server) => Promise<void>): Promise<void> {
      for (const server of lab.servers) await test(server);
    }

    it('conflict when one of them is behind', () =>
      onEach(async (server) => {
        const { name, analyses } = server;
        const { metadata } = await readNew(server);
        const ref = { namespace: 'default', name: metadata.name };
        const { resourceVersion = '' } = metadata;
        const patch = (status: CanaryAnalysisStatus) =>
          analyses.patch(ref, { metadata: { resourceVersion }, status }, { subresource: 'status' });
        await patch({ look: 1 });
        const error = await failureOf(patch({ look: 2 }));
        expect(isCoded(error, 'API_CONFLICT'), `${name}: ${error.message}`).to.equal(true);
        expect((await analyses.get(ref)).status).to.deep.equal({ look: 1 });
      }));

    it('both get their fields in: the one behind decides again on what is there', () =>
      onEach(async (server) => {
        const seen = await readNew(server);
        const [first, second] = [
          new StatusWriter(server.analyses, systemClock),
          new StatusWriter(server.analyses, systemClock),
        ];
        await first.update(seen, ({ status }) => ({ ...status, rollout: 'web' }));
        const decidedOn: unknown[] = [];
        const stored = await second.update(seen, ({ status }) => {
          decidedOn.push(status);
          return { ...status, look: 2 };
        });
        expect(decidedOn, server.name).to.deep.equal([undefined, { rollout: 'web' }]);
        expect(stored.status, server.name).to.deep.equal({ rollout: 'web', look: 2 });
      }));

    it('give one verdict: the second is refused before it is sent', () =>
      onEach(async (server) => {
        const seen = await readNew(server);
        await new StatusWriter(server.analyses, systemClock).update(seen, ({ status }) => promote(status));
        const second = new StatusWriter(server.analyses, systemClock);
        const error = await failureOf(second.update(seen, ({ status }) => abort(status)));
        expect(isCoded(error, 'VERDICT_FINAL'), `${server.name}: ${error.message}`).to.equal(true);
        const { namespace = '', name } = seen.metadata;
        const { status } = await server.analyses.get({ namespace, name });
        expect(status, server.name).to.deep.equal(promote());
      }));

    it('give one verdict at the same moment, too', () =>
      onEach(async (server) => {
        for (let round = 0; round < 10; round++) {
          const seen = await readNew(server);
          const outcomes = await Promise.allSettled(
            [promote, abort].map((decide) =>
              new StatusWriter(server.analyses, systemClock).update(seen, ({ status }) => decide(status)),
            ),
          );
          const won = outcomes.filter((outcome) => outcome.status === 'fulfilled');
          const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
          expect(won, server.name).to.have.lengthOf(1);
          expect(lost.every(({ reason }) => isCoded(reason, 'VERDICT_FINAL'))).to.equal(true);
          const { namespace = '', name } = seen.metadata;
          const { status } = await server.analyses.get({ namespace, name });
          expect(status?.verdict, server.name).to.equal(won[0]?.value.status?.verdict);
        }
      }));

    it('cannot replace a verdict even unguarded: the API server refuses', () =>
      onEach(async (server) => {
        const { metadata } = await create(server, { spec: {}, status: promote() });
        const ref = { namespace: 'default', name: metadata.name };
        const error = await failureOf(
          server.analyses.patch(ref, { status: abort() }, { subresource: 'status' }),
        );
        expect(isCoded(error, 'API_INVALID'), `${server.name}: ${error.message}`).to.equal(true);
        expect(error.message, server.name).to.contain('a verdict, once set, stays');
      }));

    it('do not write to another object under the same name', () =>
      onEach(async (server) => {
        const seen = await readNew(server);
        const { name } = seen.metadata;
        await server.client.delete(`${ANALYSES}/${name}`);
        await server.client.create(ANALYSES, analysis({}, name));
        const writer = new StatusWriter(server.analyses, systemClock);
        const error = await failureOf(writer.update(seen, ({ status }) => promote(status)));
        expect(isCoded(error, 'API_NOT_FOUND'), `${server.name}: ${error.message}`).to.equal(true);
        const fresh = await server.analyses.get({ namespace: 'default', name });
        expect(fresh.status, server.name).to.equal(undefined);
      }));
  });

  describe('for people with kubectl', () => {
    const COLUMNS = ['NAME', 'VERDICT', 'CONFIDENCE', 'REASON', 'ROLLOUT', 'LINK', 'AGE'];
    const words = (line = '') => line.trim().split(/\s+/);
    const status = {
      verdict: 'Abort',
      confidence: 91,
      reason: 'BlockingFact',
      rollout: 'web',
      link: 'https://example.com/1',
      message: 'crashes',
      durationSeconds: 12,
      opinions: [{ reviewer: 'gemini/g', verdict: 'Abort', confidence: 90 }],
    };

    before(async () => {
      const [real] = lab.servers;
      await real.client.create(ANALYSES, analysis({}, 'shown'));
      await real.client.patch(`${ANALYSES}/shown/status`, { status });
    });

    it('explains every field of the policy in the words of its documentation', async () => {
      const policy = propertyOf(propertyOf(schema, 'spec'), 'policy');
      const flat = (text = '') => text.replaceAll(/\s+/g, ' ').trim();
      const explained = flat(await plane.kubectl(['explain', 'canaryanalyses.spec.policy']));
      expect(explained).to.contain(flat(policy.description));
      for (const [name, { type, description }] of Object.entries(policy.properties ?? {})) {
        expect(explained).to.contain(`${name} <${type}>`);
        expect(explained).to.contain(flat(description));
      }
    });

    it('lists the verdict with its reason, by the long name and the short', async () => {
      for (const name of ['canaryanalyses', 'canaryanalysis', 'cana']) {
        const [header, row] = (await plane.kubectl(['get', name, 'shown'])).split('\n');
        expect(words(header)).to.deep.equal(COLUMNS);
        expect(words(row).slice(0, -1)).to.deep.equal([
          'shown',
          'Abort',
          '91',
          'BlockingFact',
          'web',
          'https://example.com/1',
        ]);
      }
    });

    it('lists message, reviewer, links and duration, too, when asked for wide', async () => {
      const [header, row] = (await plane.kubectl(['get', 'cana', 'shown', '-o', 'wide'])).split('\n');
      expect(words(header)).to.deep.equal([
        ...COLUMNS,
        ...['MESSAGE', 'REVIEWER', 'ISSUE', 'PULL-REQUEST', 'DURATION'],
      ]);
      expect(words(row).slice(-3)).to.deep.equal(['crashes', 'gemini/g', '12']);
    });

    it('waits for Complete, and not for longer', async () => {
      const [real] = lab.servers;
      await real.client.create(ANALYSES, analysis({}, 'awaited'));
      const wait = (limit: string) =>
        plane.kubectl(['wait', '--for=condition=Complete', 'cana/awaited', `--timeout=${limit}`]);
      expect((await failureOf(wait('1s'))).message).to.contain('timed out waiting for the condition');
      const waiting = wait('30s');
      const seen = await real.analyses.get({ namespace: 'default', name: 'awaited' });
      await new StatusWriter(real.analyses, systemClock).update(seen, () => ({
        verdict: 'Promote',
        reason: 'Clean',
        conditions: [
          {
            type: 'Complete',
            status: 'True',
            reason: 'Clean',
            message: 'No difference was found.',
            lastTransitionTime: '2026-01-01T00:00:00Z',
          },
        ],
      }));
      expect(await waiting).to.contain('canaryanalysis.metric-ai.argoproj-labs.io/awaited condition met');
    });
  });

  describe('its definition', () => {
    it('is structural, and its names are accepted', async () => {
      const stored = await lab.servers[0].client.get(`${DEFINITIONS}/${PLURAL}.${GROUP}`);
      const { conditions = [] } = (stored.status ?? {}) as {
        conditions?: { type: string; status: string }[];
      };
      expect(conditions.map(({ type, status }) => `${type}=${status}`)).to.have.members([
        'NamesAccepted=True',
        'Established=True',
      ]);
    });

    it("has rules within the API server's cost budget, where it is new, too", async () => {
      const copy: KubeObject = JSON.parse(JSON.stringify(definition).replaceAll(GROUP, 'copy.example.com'));
      const problems = await onBoth(({ client }, name) =>
        unlessAccepted(name, client.create(`${DEFINITIONS}?dryRun=All`, copy)),
      );
      expect(problems).to.deep.equal([]);
    });
  });
});
