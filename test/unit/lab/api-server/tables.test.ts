import { expect } from 'chai';
import { age, humanDuration } from '../../../lab/api-server/human-duration.ts';
import { evaluateJsonPath } from '../../../lab/api-server/json-path.ts';
import type { Table } from '../../../lab/api-server/table.ts';
import { kubectlTable } from '../../../lab/kubectl-table.ts';
import {
  DEFINITIONS,
  PODS,
  pod,
  type TestServer,
  testServer,
  WIDGETS,
  widget,
  widgetDefinition,
} from '../objects.ts';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

describe('tables', () => {
  let test: TestServer;
  let now: Date;

  beforeEach(async () => {
    now = new Date('2026-01-01T00:00:00Z');
    test = await testServer({ tls: false, now: () => now });
    await test.client.create(DEFINITIONS, widgetDefinition());
  });
  afterEach(() => test.stop());

  it('show custom resources in the columns of their definition', async () => {
    await test.client.create(WIDGETS, widget('first', { size: 3 }));
    await test.client.create(WIDGETS, widget('second-one', { size: 10 }));
    await test.client.patch(`${WIDGETS}/first/status`, {
      status: { verdict: 'Promote', note: 'fit to go on' },
    });
    now = new Date('2026-01-01T00:03:20Z');
    expect(await kubectlTable(test.client, WIDGETS)).to.equal(
      [
        'NAME         VERDICT   SIZE   AGE',
        'first        Promote   3      3m20s',
        'second-one             10     3m20s',
      ].join('\n'),
    );
    expect(await kubectlTable(test.client, WIDGETS, true))
      .to.contain('NOTE')
      .and.to.contain('fit to go on');
  });

  it('carry the metadata of each row, or what includeObject asks for', async () => {
    await test.client.create(WIDGETS, widget('w', { size: 3 }, { a: 'b' }));
    const get = (query: string) => test.client.request<Table>({ path: `${WIDGETS}${query}`, accept: TABLE });
    expect((await get('')).rows[0]?.object).to.nested.include({
      kind: 'PartialObjectMetadata',
      'metadata.labels.a': 'b',
    });
    expect((await get('?includeObject=Object')).rows[0]?.object).to.nested.include({ 'spec.size': 3 });
    expect((await get('?includeObject=None')).rows[0]).not.to.have.property('object');
    expect((await get('/w')).rows[0]?.cells.slice(0, 3)).to.deep.equal(['w', null, 3]);
  });

  it('show pods as kubectl does: ready containers, what they wait for, restarts', async () => {
    await test.client.create(PODS, pod('p', { image: 'i' }));
    const terminated = { exitCode: 1, finishedAt: '2025-12-31T23:59:50Z' };
    const status = {
      phase: 'Running',
      containerStatuses: [
        {
          name: 'main',
          ready: false,
          restartCount: 4,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated },
        },
      ],
    };
    await test.client.patch(`${PODS}/p/status`, { status });
    const { rows } = await test.client.request<Table>({ path: PODS, accept: TABLE });
    expect(rows[0]?.cells).to.deep.equal([
      'p',
      '0/1',
      'CrashLoopBackOff',
      '4 (10s ago)',
      '0s',
      '<none>',
      '<none>',
    ]);
  });
});

describe('ages', () => {
  const second = 1000;
  const minute = 60 * second;
  const hour = 60 * minute;
  const day = 24 * hour;
  const cases: readonly [milliseconds: number, text: string][] = [
    [0, '0s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [9 * minute + 59 * second, '9m59s'],
    [10 * minute + 59 * second, '10m'],
    [179 * minute, '179m'],
    [3 * hour, '3h'],
    [7 * hour + 59 * minute, '7h59m'],
    [47 * hour, '47h'],
    [2 * day + 3 * hour, '2d3h'],
    [8 * day, '8d'],
    [400 * day, '400d'],
    [3 * 365 * day + 5 * day, '3y5d'],
  ];
  for (const [milliseconds, text] of cases) {
    it(`of ${milliseconds / second} s read ${text}`, () =>
      expect(humanDuration(milliseconds)).to.equal(text));
  }

  it('of what has no timestamp are unknown', () => {
    expect(age(undefined, new Date())).to.equal('<unknown>');
  });
});

describe('JSONPath of printer columns', () => {
  const object = {
    metadata: { annotations: { 'a.b/c': 'x' } },
    status: {
      conditions: [
        { type: 'A', status: 'True' },
        { type: 'B', status: 'False' },
      ],
      list: [{ v: 1 }, { v: 2 }],
    },
  };
  const cases: readonly [path: string, found: unknown[]][] = [
    ['.status.conditions[?(@.type=="B")].status', ['False']],
    ['.status.list[*].v', [1, 2]],
    ['.status.list[1].v', [2]],
    ["['status'].list[0]", [{ v: 1 }]],
    ['.metadata.annotations.a\\.b/c', ['x']],
    ['.status.none.deeper', []],
  ];
  for (const [path, found] of cases) {
    it(`${path} finds ${JSON.stringify(found)}`, () =>
      expect(evaluateJsonPath(path, object)).to.deep.equal(found));
  }
});
