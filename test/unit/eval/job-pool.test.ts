import { expect } from 'chai';
import { JobPool } from '../../eval/jobs/pool.ts';

const SEED = 'pool';

async function outcomes(threads: number) {
  const pool = new JobPool(threads);
  const told: number[] = [];
  try {
    const pairs = await pool.run<'pair'>(
      ['low-traffic', 'silent-pair', 'injected'].flatMap((name) =>
        [0, 1].map((index) => ({ kind: 'pair', seed: SEED, class: name, index, peers: true }) as const),
      ),
      (count) => told.push(count),
    );
    const rollouts = await pool.run<'rollout'>([{ kind: 'rollout', seed: SEED, index: 0 }], () => {});
    const power = await pool.run<'power'>(
      [{ kind: 'power', seed: SEED, factor: 5, expectedErrors: 10, cases: 2 }],
      () => {},
    );
    return { told, figures: { pairs: pairs.map(({ ms: _ms, ...rest }) => rest), rollouts, power } };
  } finally {
    await pool.close();
  }
}

describe('the threads of an evaluation', function () {
  this.timeout(120_000);

  it('find the same in the same order, however many they are', async () => {
    const one = await outcomes(1);
    expect(one.figures.pairs.map(({ name }) => name)).to.deep.equal([
      'low-traffic-0',
      'low-traffic-1',
      'silent-pair-0',
      'silent-pair-1',
      'injected-0',
      'injected-1',
    ]);
    expect(one.told).to.deep.equal([1, 2, 3, 4, 5, 6]);
    expect((await outcomes(3)).figures).to.deep.equal(one.figures);
  });

  it('name the job that failed', async () => {
    const pool = new JobPool(2);
    try {
      const failed = await pool
        .run<'pair'>([{ kind: 'pair', seed: SEED, class: 'no-such', index: 3, peers: false }], () => {})
        .then(
          () => undefined,
          (error: unknown) => error,
        );
      expect(String(failed))
        .to.include('"class":"no-such","index":3')
        .and.include('there is no class no-such');
    } finally {
      await pool.close();
    }
  });
});
