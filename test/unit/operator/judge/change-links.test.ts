import { expect } from 'chai';
import { explained } from '../../../../operator/judge/change-links.ts';
import type { Draft } from '../../../../operator/judge/findings/draft.ts';
import { assess } from '../../../../operator/judge/index.ts';
import { quantity } from '../../../../operator/judge/quantity.ts';
import type { ChangeItem, EventFact } from '../../../../operator/model.ts';
import { container, count, END, input, pod, template } from './builders.ts';

const ofPod = (kind: string, sample = 'pod canary-1 container web, running, restarts 3'): Draft => ({
  kind,
  severity: 'Blocking',
  message: 'what happened',
  samples: [sample],
});
const ofRecord = (sample: string): Draft => ({ ...ofPod('NovelError', sample), template: 'missing <str>' });
const item = (path: string, before?: string, after?: string): ChangeItem => ({
  path,
  ...(before === undefined ? {} : { before }),
  ...(after === undefined ? {} : { after }),
});
const unhealthy = (message: string): EventFact => ({
  side: 'canary',
  object: 'Pod/canary-1',
  type: 'Warning',
  reason: 'Unhealthy',
  message,
  count: 3,
  lastSeen: END,
});

function link(draft: Draft, change: readonly ChangeItem[], events: readonly EventFact[] = []): string {
  const given = input();
  const canary = { ...given.evidence.canary, events };
  const { message } = explained(draft, { ...given, evidence: { ...given.evidence, change, canary } });
  return message.replace(/^what happened(?:; the change explains it: )?/, '');
}

describe('what the change explains', () => {
  const memory = 'containers[web].resources.limits.memory';
  const image = item('containers[web].image', 'web:1', 'web:2');
  const noDatabase = item('containers[web].env[DB_URL]', 'a value');
  const liveness = item('containers[web].livenessProbe', 'http / on 80', 'http /healthz on 80');
  const table: readonly [string, Draft, ChangeItem, string, EventFact[]?][] = [
    [
      'a lowered memory limit, kills for memory',
      ofPod('OutOfMemory'),
      item(memory, '512Mi', '0.25Gi'),
      '`containers[web].resources.limits.memory` was 512Mi, is 0.25Gi',
    ],
    [
      'a new memory limit, the same',
      ofPod('OutOfMemory'),
      item(memory, undefined, '64Mi'),
      `\`${memory}\` is new (64Mi)`,
    ],
    ['a raised one, nothing', ofPod('OutOfMemory'), item(memory, '512Mi', '1Gi'), ''],
    ['one that is gone, nothing', ofPod('OutOfMemory'), item(memory, '512Mi'), ''],
    [
      'that of another container, nothing',
      ofPod('OutOfMemory'),
      item('containers[webhook].resources.limits.memory', '512Mi', '64Mi'),
      '',
    ],
    [
      'a new image, an image that cannot be pulled',
      ofPod('ImagePull'),
      image,
      '`containers[web].image` was web:1, is web:2',
    ],
    ['but no crash loop', ofPod('CrashLoop'), image, ''],
    [
      'a changed command, a crash loop',
      ofPod('CrashLoop'),
      item('containers[web].command', 'serve', 'server'),
      '`containers[web].command` was serve, is server',
    ],
    [
      'a variable that is gone, the error that names it',
      ofRecord('KeyError: DB_URL is not set'),
      noDatabase,
      '`containers[web].env[DB_URL]` is gone (it was a value)',
    ],
    ['but not one that names another', ofRecord('KeyError: DB_URL_RO is not set'), noDatabase, ''],
    [
      'another ConfigMap, the container that waits for it',
      ofPod('ContainerConfig', 'pod canary-1 container web, waiting, configmap "shop-v2" not found'),
      item('volumes[config]', 'ConfigMap/shop-v1', 'ConfigMap/shop-v2'),
      '`volumes[config]` was ConfigMap/shop-v1, is ConfigMap/shop-v2',
    ],
    [
      'a changed liveness probe that fails, restarts',
      ofPod('Restarts'),
      liveness,
      '`containers[web].livenessProbe` was http / on 80, is http /healthz on 80',
      [unhealthy('Liveness probe failed: HTTP probe failed with statuscode: 404')],
    ],
    ['one that does not fail, nothing', ofPod('Restarts'), liveness, ''],
    [
      'a changed readiness probe, pods that are not Ready',
      ofPod('NotReady', 'pod canary-1 is not Ready, phase Running'),
      item('containers[web].readinessProbe', 'tcp 80', 'tcp 8080'),
      '`containers[web].readinessProbe` was tcp 80, is tcp 8080',
    ],
    [
      'a lowered CPU limit, longer durations',
      ofPod('LatencyShift'),
      item('containers[web].resources.limits.cpu', '1', '200m'),
      '`containers[web].resources.limits.cpu` was 1, is 200m',
    ],
  ];
  for (const [what, draft, change, expected, events] of table)
    it(what, () => {
      expect(link(draft, [change], events)).to.equal(expected);
    });

  it('names two items at most and counts the rest, within the bound of a message', () => {
    const change = ['A_ONE', 'B_TWO', 'C_SIX'].map((name) =>
      item(`containers[web].env[${name}]`, 'x'.repeat(200)),
    );
    const draft = { ...ofRecord('needs A_ONE, B_TWO and C_SIX'), message: 'm'.repeat(1024) };
    const given = input();
    const { message } = explained(draft, { ...given, evidence: { ...given.evidence, change } });
    expect(message).to.have.length(1024);
    expect(message).to.match(/…; the change explains it: .* and 1 more$/);
  });

  it('stands in the message of the analysis', () => {
    const given = input({
      canaryPods: [
        pod('canary', 'canary-1', {
          containers: [container({ restarts: 2, lastTerminated: { reason: 'OOMKilled', exitCode: 137 } })],
        }),
      ],
      evidence: { change: [item(memory, '512Mi', '128Mi')] },
    });
    expect(assess(given).message).to.match(/the change explains it: .* was 512Mi, is 128Mi/);
  });

  it('leads from an error to the variable it misses', () => {
    const missing = template(
      'error',
      0,
      count('canary', 40, { samples: ['PAYMENT_URL is not set'] }),
      'PAYMENT_URL is not set',
    );
    const given = input({
      templates: [missing],
      evidence: { change: [item('containers[web].env[PAYMENT_URL]', 'a value')] },
    });
    expect(assess(given).message).to.equal(
      'canary logs `PAYMENT_URL is not set` 40 times in 1 of 1 pod; stable never did; the change explains it: `containers[web].env[PAYMENT_URL]` is gone (it was a value)',
    );
  });
});

describe('quantities', () => {
  it('reads those of Kubernetes', () => {
    expect(['512Mi', '0.5Gi', '500m', '1', '1e3', '1k', '.5'].map(quantity)).to.deep.equal([
      536_870_912, 536_870_912, 0.5, 1, 1000, 1000, 0.5,
    ]);
    for (const text of ['', 'Mi', '1 Gi', '1x', '1mi']) expect(quantity(text), text).to.equal(undefined);
  });
});
