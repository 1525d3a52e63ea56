import { expect } from 'chai';
import { isObject } from '../../../lab/kubernetes.ts';
import {
  DEFINITIONS,
  refusalOf,
  type TestServer,
  testServer,
  WIDGETS,
  widget,
  widgetDefinition,
} from '../objects.ts';

describe('custom resources', () => {
  let test: TestServer;

  beforeEach(async () => {
    test = await testServer();
    await test.client.create(DEFINITIONS, widgetDefinition());
  });
  afterEach(() => test.stop());

  it('are served from the moment their definition is there until it goes, and their objects with it', async () => {
    const definition = await test.client.get(`${DEFINITIONS}/widgets.example.test`);
    expect(JSON.stringify(definition.status)).to.contain('"type":"Established","status":"True"');
    await test.client.create(WIDGETS, widget('w', { size: 1 }));
    await test.client.delete(`${DEFINITIONS}/widgets.example.test`);
    expect(await refusalOf(test.client.list(WIDGETS))).to.include({ code: 404 });
    await test.client.create(DEFINITIONS, widgetDefinition());
    expect((await test.client.list(WIDGETS)).items).to.deep.equal([]);
  });

  it('have definitions that must be named after plural and group and whose rules must parse', async () => {
    const misnamed = widgetDefinition();
    misnamed.metadata.name = 'gadgets.example.test';
    expect((await refusalOf(test.client.create(DEFINITIONS, misnamed))).message).to.contain(
      'spec.names.plural+"."+spec.group',
    );
    const unparsable = structuredClone(widgetDefinition());
    const text = JSON.stringify(unparsable).replace('self.size == oldSelf.size', 'self.size ===');
    const refusal = await refusalOf(
      test.client.patch(`${DEFINITIONS}/widgets.example.test`, JSON.parse(text)),
    );
    expect(refusal).to.include({ code: 422 });
  });

  it('lose fields that the schema does not know, with a warning', async () => {
    const response = await test.client.open({
      method: 'POST',
      path: WIDGETS,
      body: widget('w', { size: 1, surplus: 1, free: { any: 1 }, labels: { k: 'v' } }),
    });
    response.resume();
    expect(response.headers['warning']).to.equal('299 - "unknown field \\"spec.surplus\\""');
    const { spec } = await test.client.get(`${WIDGETS}/w`);
    expect(spec).to.deep.equal({ size: 1, free: { any: 1 }, labels: { k: 'v' } });
  });

  it('are refused for such fields under strict validation', async () => {
    const strict = `${WIDGETS}?fieldValidation=Strict`;
    const refusal = await refusalOf(
      test.client.create(strict, widget('w', { size: 1, surplus: 1, other: 1 })),
    );
    expect(refusal).to.include({ code: 400, reason: 'BadRequest' });
    expect(refusal.message).to.contain(
      'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.surplus", unknown field "spec.other"',
    );
    await test.client.create(WIDGETS, widget('w', { size: 1 }));
    const patched = await refusalOf(
      test.client.patch(`${WIDGETS}/w?fieldValidation=Strict`, { spec: { surplus: 1 } }),
    );
    expect(patched).to.include({ code: 422 });
    expect(patched.message).to.contain('strict decoding error: unknown field "spec.surplus"');
  });

  const violations: readonly [spec: Record<string, unknown>, message: string][] = [
    [{}, 'spec.size: Required value'],
    [{ size: 0 }, 'spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1'],
    [{ size: 11 }, 'spec.size: Invalid value: 11: spec.size in body should be less than or equal to 10'],
    [
      { size: 'x' },
      'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
    ],
    [{ size: 1, colour: 'blue' }, 'spec.colour: Unsupported value: "blue": supported values: "red", "green"'],
    [{ size: 1, colour: 'yellow' }, 'spec.colour: Too long: may not be more than 5 bytes'],
    [{ size: 1, owner: 'X' }, `spec.owner: Invalid value: "X": spec.owner in body should match '^[a-z]+$'`],
    [
      { size: 1, parts: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] },
      'spec.parts: Too many: 3: must have at most 2 items',
    ],
    [{ size: 1, parts: [{ name: 'a' }, { name: 'a' }] }, 'spec.parts[1]: Duplicate value: {"name":"a"}'],
    [{ size: 1, parts: [{}] }, 'spec.parts[0].name: Required value'],
    [{ size: 7, colour: 'red' }, 'spec: Invalid value: "object": red is at most 4, not 7'],
  ];
  for (const [spec, message] of violations) {
    it(`with ${JSON.stringify(spec)} are refused: ${message}`, async () => {
      const refusal = await refusalOf(test.client.create(WIDGETS, widget('w', spec)));
      expect(refusal).to.include({ code: 422, reason: 'Invalid' });
      expect(refusal.message).to.contain('Widget.example.test "w" is invalid: ').and.to.contain(message);
    });
  }

  it('obey transition rules on update but not on creation', async () => {
    await test.client.create(WIDGETS, widget('w', { size: 3, stopped: true }));
    const resized = await refusalOf(test.client.patch(`${WIDGETS}/w`, { spec: { size: 4 } }));
    expect(resized.message).to.contain('spec: Invalid value: "object": size is immutable');
    const restarted = await refusalOf(test.client.patch(`${WIDGETS}/w`, { spec: { stopped: false } }));
    expect(restarted.message).to.contain('stopped is one way');
  });

  it('obey the rules of their status', async () => {
    await test.client.create(WIDGETS, widget('w', { size: 3 }));
    await test.client.patch(`${WIDGETS}/w/status`, { status: { verdict: 'Promote' } });
    await test.client.patch(`${WIDGETS}/w/status`, { status: { note: 'more' } });
    const refusal = await refusalOf(
      test.client.patch(`${WIDGETS}/w/status`, { status: { verdict: 'Abort' } }),
    );
    expect(refusal.message).to.contain('status: Invalid value: "object": a verdict stands');
  });

  it('change in status only through /status, and in nothing else there', async () => {
    await test.client.create(WIDGETS, {
      ...widget('w', { size: 3 }, { keep: '1' }),
      status: { verdict: 'Promote' },
    });
    const main = await test.client.patch(`${WIDGETS}/w`, {
      spec: { owner: 'me' },
      status: { verdict: 'Abort' },
    });
    expect(main.status).to.equal(undefined);
    expect(main.metadata.generation).to.equal(2);
    const status = await test.client.patch(`${WIDGETS}/w/status`, {
      metadata: { labels: { keep: null, added: '1' }, annotations: { a: '1' } },
      spec: { owner: 'you' },
      status: { verdict: 'Promote' },
    });
    expect(status.metadata.labels).to.deep.equal({ keep: '1' });
    expect(status.metadata.annotations).to.equal(undefined);
    expect(status.spec).to.deep.equal({ size: 3, owner: 'me' });
    expect(status.status).to.deep.equal({ verdict: 'Promote' });
    expect(status.metadata.generation).to.equal(2);
    const relabelled = await test.client.patch(`${WIDGETS}/w`, { metadata: { labels: { keep: null } } });
    expect(relabelled.metadata.generation).to.equal(2);
  });

  it('need a resourceVersion to be replaced and know no strategic merge', async () => {
    await test.client.create(WIDGETS, widget('w', { size: 3 }));
    const blind = await refusalOf(test.client.update(`${WIDGETS}/w`, widget('w', { size: 3 })));
    expect(blind.message).to.contain(
      'metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    );
    const strategic = await refusalOf(test.client.patch(`${WIDGETS}/w`, {}, 'strategic-merge'));
    expect(strategic).to.include({ code: 415, reason: 'UnsupportedMediaType' });
  });

  it('explain themselves over OpenAPI', async () => {
    const document = await test.client.get<Record<string, unknown>>('/openapi/v3/apis/example.test/v1');
    const { components } = document;
    const schemas = isObject(components) && isObject(components['schemas']) ? components['schemas'] : {};
    expect(JSON.stringify(schemas['test.example.v1.Widget'])).to.contain('"maxLength":5');
  });
});

describe('AnalysisRuns and Rollouts', () => {
  let test: TestServer;

  beforeEach(async () => {
    test = await testServer();
  });
  afterEach(() => test.stop());

  it('differ in that only a Rollout has a status subresource', async () => {
    const argo = (kind: string) => ({
      apiVersion: 'argoproj.io/v1alpha1',
      kind,
      metadata: { name: 'x' },
      spec: {},
    });
    const root = '/apis/argoproj.io/v1alpha1/namespaces/default';
    await test.client.create(`${root}/rollouts`, argo('Rollout'));
    await test.client.create(`${root}/analysisruns`, argo('AnalysisRun'));
    const run = await test.client.patch(`${root}/analysisruns/x`, { status: { phase: 'Running' } });
    expect(run.status).to.deep.equal({ phase: 'Running' });
    expect(await refusalOf(test.client.patch(`${root}/analysisruns/x/status`, { status: {} }))).to.include({
      code: 404,
    });
    const rollout = await test.client.patch(`${root}/rollouts/x`, { status: { stableRS: 'h' } });
    expect(rollout.status).to.equal(undefined);
    expect(
      (await test.client.patch(`${root}/rollouts/x/status`, { status: { stableRS: 'h' } })).status,
    ).to.deep.equal({ stableRS: 'h' });
  });
});
