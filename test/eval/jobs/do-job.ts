import { readCase } from '../case-folder.ts';
import { evaluate } from '../evaluate.ts';
import { syntheticCase } from '../synthetic/cases.ts';
import { classNamed } from '../synthetic/classes.ts';
import { nullRollout } from '../synthetic/null-rollouts.ts';
import { powerPoint } from '../synthetic/power-curve.ts';
import type { Job, Kind, Results } from './job.ts';

const now = (): number => performance.now();

/** Does a job: all that it needs follows from its data. */
export async function doJob(job: Job): Promise<Results[Kind]> {
  switch (job.kind) {
    case 'pair':
      return evaluate(syntheticCase(job.seed, classNamed(job.class), job.index), { now, peers: job.peers });
    case 'bundle':
      return evaluate(await readCase(job.root, job.dir), { now, peers: job.peers });
    case 'rollout':
      return nullRollout(job.seed, job.index);
    case 'power':
      return powerPoint(job.seed, job.factor, job.expectedErrors, job.cases);
  }
}
