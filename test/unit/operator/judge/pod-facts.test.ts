import { expect } from 'chai';
import { assess } from '../../../../operator/judge/index.ts';
import type { ContainerFact, PodFact, Template, Termination } from '../../../../operator/model.ts';
import { container, count, input, pod, template } from './builders.ts';

const crashed: Termination = { reason: 'Error', exitCode: 1 };
const oom: Termination = { reason: 'OOMKilled', exitCode: 137 };

const canaryOf = (...containers: ContainerFact[]): PodFact[] =>
  containers.map((one, i) => pod('canary', `canary-${i + 1}`, { containers: [one] }));
const stableOf = (...containers: ContainerFact[]): PodFact[] =>
  containers.map((one, i) => pod('stable', `stable-${i + 1}`, { containers: [one] }));

const waiting = (waitingReason: string, changed: Partial<ContainerFact> = {}) =>
  container({ state: 'waiting', ready: false, waitingReason, waitingFor: 12_000, ...changed });

function strongest(canaryPods: PodFact[], stablePods?: PodFact[]): string {
  const { findings } = assess(input({ canaryPods, ...(stablePods ? { stablePods } : {}) }));
  const [first] = findings;
  return first === undefined ? 'none' : `${first.severity} ${first.kind}`;
}

describe('blocking pod facts', () => {
  const crashing = waiting('CrashLoopBackOff', { restarts: 4, lastTerminated: crashed });

  it('blocks a crash loop and says where, how often and how it ended', () => {
    const { assessment, message, confidence } = assess(input({ canaryPods: canaryOf(crashing) }));
    expect({ assessment, confidence }).to.deep.equal({ assessment: 'Blocking', confidence: 99 });
    expect(message).to.equal(
      'canary container web is in CrashLoopBackOff in 1 of 1 pod; on stable none (pod canary-1 container web, waiting: CrashLoopBackOff, restarts 4, last ended Error exit code 1); 1 more Blocking finding',
    );
  });

  it('blocks an image that cannot be pulled and a container that cannot be created', () => {
    expect(strongest(canaryOf(waiting('ImagePullBackOff')))).to.equal('Blocking ImagePull');
    expect(strongest(canaryOf(waiting('CreateContainerConfigError')))).to.equal('Blocking ContainerConfig');
  });

  it('waits until a waiting reason has lasted ten seconds or outlived a restart', () => {
    expect(strongest(canaryOf(waiting('ErrImagePull', { waitingFor: 9_999 })))).to.equal(
      'Suspicious ImagePull',
    );
    expect(strongest(canaryOf(waiting('ErrImagePull', { waitingFor: 10_000 })))).to.equal(
      'Blocking ImagePull',
    );
    expect(strongest(canaryOf(waiting('CrashLoopBackOff', { waitingFor: 0, restarts: 2 })))).to.equal(
      'Blocking CrashLoop',
    );
  });

  it('does not mind a container that is being created', () => {
    expect(strongest(canaryOf(waiting('ContainerCreating')))).to.equal('none');
  });

  it('blocks three restarts, suspects one', () => {
    expect(strongest(canaryOf(container({ restarts: 3 })))).to.equal('Blocking Restarts');
    expect(strongest(canaryOf(container({ restarts: 1 })))).to.equal('Suspicious Restarts');
  });

  it('compares restarts per pod-hour', () => {
    const young = canaryOf(container({ restarts: 3 }));
    const equallyOften = stableOf(container({ restarts: 3 }));
    expect(strongest(young, equallyOften)).to.equal('Info Restarts');
    const seldom = equallyOften.map((one) => ({ ...one, startedAt: (one.startedAt ?? 0) - 36_000_000 }));
    expect(strongest(young, seldom)).to.equal('Blocking Restarts');
  });

  it('does not hold a crash loop against canary that stable is in just as much', () => {
    expect(strongest(canaryOf(crashing, container()), stableOf(crashing))).to.equal('Info CrashLoop');
  });

  it('blocks the second kill for memory, suspects the first', () => {
    expect(strongest(canaryOf(container({ restarts: 1, lastTerminated: oom })))).to.equal(
      'Suspicious OutOfMemory',
    );
    expect(strongest(canaryOf(container({ restarts: 2, lastTerminated: oom })))).to.equal(
      'Blocking OutOfMemory',
    );
    const two = canaryOf(
      container({ restarts: 1, lastTerminated: oom }),
      container({ restarts: 1, lastTerminated: oom }),
    );
    expect(strongest(two)).to.equal('Blocking OutOfMemory');
  });

  it('lists pods that were ended from outside for information', () => {
    const evicted = canaryOf(crashing).map((one) => ({ ...one, reason: 'Evicted', phase: 'Failed' }));
    expect(strongest([...evicted, pod('canary', 'canary-2')])).to.equal('Info Disrupted');
  });

  it('suspects a pod that is not Ready though it had time', () => {
    const late = pod('canary', 'canary-2', { ready: false });
    expect(strongest([pod('canary', 'canary-1'), late])).to.equal('Suspicious NotReady');
  });
});

describe('fatal records and last words', () => {
  it('blocks one fatal record that stable lacks', () => {
    const { assessment, message } = assess(
      input({ templates: [template('fatal', 0, 1, 'cannot open ledger')] }),
    );
    expect(assessment).to.equal('Blocking');
    expect(message).to.equal(
      'canary panics with `cannot open ledger` 1 time in 1 of 1 pod; stable never did',
    );
  });

  it('blocks a Go panic of unknown level', () => {
    const panic = template('unknown', 0, 1, 'panic: runtime error: index out of range [<num>]');
    expect(assess(input({ templates: [panic] })).assessment).to.equal('Blocking');
  });

  it('does not block a fatal record that stable logs too, now or earlier', () => {
    const shared = template('fatal', 1, 1);
    const earlier = template('fatal', count('stable', 0, { outside: 1 }), 1);
    for (const one of [shared, earlier])
      expect(assess(input({ templates: [one] })).assessment).to.equal('Clean');
  });

  const panic = (words: string, place: string) =>
    `panic: runtime error: ${words} | main.${place}(<hex>) | main.(*Server).dispatch(<hex>) | main.(*Server).loop(<hex>)`;
  const table: readonly [string, Template, string, 'Blocking' | undefined][] = [
    [
      'a fatal record that differs from one of stable in two words',
      template('fatal', 1, 0, 'cannot process batch for tenant: catalog lookup failed, giving up now'),
      'cannot process batch for tenant: database schema lookup failed, giving up now',
      'Blocking',
    ],
    [
      'a panic at another place than the one of stable',
      template('fatal', 1, 0, panic('invalid memory address', 'importLegacy')),
      panic('invalid memory address', 'chargeCard'),
      'Blocking',
    ],
    [
      'another panic at the same place',
      template('fatal', 1, 0, panic('integer divide by zero', 'chargeCard')),
      panic('invalid memory address', 'chargeCard'),
      'Blocking',
    ],
    [
      'nothing where the same panic came by another way',
      template('fatal', 1, 1, panic('invalid memory address', 'chargeCard').replace('dispatch', 'retry')),
      panic('invalid memory address', 'chargeCard'),
      undefined,
    ],
  ];
  for (const [what, known, text, severity] of table)
    it(`blocks ${what}`, () => {
      const { findings } = assess(input({ templates: [known, template('fatal', 0, 1, text)] }));
      expect(findings.find(({ kind }) => kind === 'Fatal')?.severity).to.equal(severity);
    });

  it('only suspects it where nothing of stable could be read', () => {
    const evidence = { logsComplete: { stable: false, canary: true } };
    const given = input({
      evidence,
      templates: [template('fatal', 0, 1)],
      lines: { stable: 0, canary: 500 },
    });
    expect(assess(given).findings[0]).to.include({ kind: 'Fatal', severity: 'Suspicious' });
  });

  const last = template('error', 0, 1, 'cannot bind to port');
  const dying = (end: Termination, previous = true) =>
    assess(
      input({
        templates: [last],
        canaryPods: canaryOf(container({ restarts: 1, lastTerminated: end })),
        distilled: {
          lastWords: [
            {
              source: { side: 'canary', pod: 'canary-1', container: 'web', kind: 'app', previous },
              templateId: last.id,
            },
          ],
        },
      }),
    ).findings[0];

  it('blocks on the last error before a container ended itself', () => {
    expect(dying(crashed)).to.include({
      kind: 'LastWords',
      severity: 'Blocking',
      message:
        'canary exits with code 1 after logging `cannot bind to port` 1 time in 1 of 1 pod; stable never did',
    });
  });

  it('takes what stable says of the same failure for known, and suspects where all words are other', () => {
    const rest = { restarts: 1, lastTerminated: crashed };
    const died = (
      text: string,
      others: ReturnType<typeof template>[],
      lines = { stable: 1000, canary: 1000 },
    ) => {
      const one = template('error', 0, count('canary', 0, { outside: 1 }), text);
      const source = {
        side: 'canary',
        pod: 'canary-1',
        container: 'web',
        kind: 'app',
        previous: true,
      } as const;
      return assess(
        input({
          lines,
          templates: [one, ...others],
          canaryPods: canaryOf(container(rest)),
          distilled: { lastWords: [{ source, templateId: one.id }] },
        }),
      ).findings.find(({ kind }) => kind === 'LastWords')?.severity;
    };
    const before = template(
      'error',
      count('stable', 0, { outside: 2 }),
      0,
      'ERROR [main] cannot bind to port <num>',
    );
    expect(died('error main: cannot bind to port [<dur>]', [before])).to.equal(undefined);
    expect(died('ERROR [main] cannot bind to socket <num>', [before])).to.equal('Blocking');
    expect(died('disk is full', [before])).to.equal('Blocking');
    const apart = [template('info', 800, 0), template('info', 0, 800)];
    const none = { stable: 0, canary: 0 };
    expect(died('disk is full', [before, ...apart], none)).to.equal('Suspicious');
    expect(died('disk is full', apart, none)).to.equal('Blocking');
  });

  it('does not where it was ended from outside, ended well, or still runs', () => {
    for (const end of [
      { reason: 'Error', exitCode: 143 },
      { reason: 'Error', exitCode: 137 },
      { reason: 'Completed', exitCode: 0 },
    ])
      expect(dying(end)?.kind).to.equal('Restarts');
    expect(dying(crashed, false)?.kind).to.equal('Restarts');
  });
});

describe('jobs that say they failed', () => {
  const logOnly = [pod('canary', 'canary-1', { uid: '' })];
  const kindOf = (text: string, canaryPods = logOnly) =>
    assess(
      input({
        canaryPods,
        templates: [template('unknown', 0, count('canary', 1, { samples: [text] }), text)],
      }),
    ).findings[0]?.kind;

  for (const text of [
    '[INFO] BUILD FAILURE',
    'FAILED (failures=2)',
    'npm ERR! code ELIFECYCLE',
    '##[error]Process completed with exit code 1.',
    'Finished: FAILURE',
    'make: *** [Makefile:12: test] Error 2',
    'FAIL\tgithub.com/acme/shop/cart\t0.412s',
    'test result: FAILED. 3 passed; 1 failed',
    'error: could not compile `shop` due to 2 previous errors',
    '===== 1 failed, 20 passed in 3.2s =====',
  ])
    it(`blocks on ${JSON.stringify(text)}`, () => expect(kindOf(text)).to.equal('JobFailed'));

  for (const text of [
    'Finished: SUCCESS',
    'Process completed with exit code 0.',
    'BUILD SUCCESS',
    '===== 21 passed in 3.2s =====',
  ])
    it(`does not on ${JSON.stringify(text)}`, () => expect(kindOf(text)).to.equal(undefined));

  it('does not believe a server that runs and logs what others report', () => {
    expect(kindOf('Finished: FAILURE', [pod('canary', 'canary-1')])).to.equal(undefined);
  });
});
