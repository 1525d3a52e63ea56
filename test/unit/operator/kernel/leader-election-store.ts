import type { Verb } from '../../../../crds/client/api-error.ts';
import { apiError } from '../../../../crds/client/api-error.ts';
import type { Clock } from '../../../../crds/client/clock.ts';
import type { MergePatch } from '../../../../crds/client/kubernetes-object.ts';
import { CodedError } from '../../../../crds/errors.ts';
import type { LeaderElectionOptions } from '../../../../operator/kernel/leader-election.ts';
import { LEASES, type LeaseObject } from '../../../../operator/kernel/leader-election-lease.ts';

export const LEASE = { namespace: 'canary-analysis', name: 'canary-analysis-operator' };

/** What happens to one request on its way. */
export interface Fate {
  /** Until the server acts, milliseconds. */
  readonly before: number;
  /** Until the answer is back. */
  readonly after: number;
  readonly lost?: 'request' | 'answer';
}

/** The etcd of a test: one Lease with optimistic locking. */
export class LeaseStore {
  lease: LeaseObject | undefined;
  #versions = 0;

  get(): LeaseObject {
    return this.lease ?? this.#refuse('get', 404, 'NotFound');
  }

  create(object: LeaseObject): LeaseObject {
    if (this.lease !== undefined) return this.#refuse('create', 409, 'AlreadyExists');
    const metadata = { ...object.metadata, uid: `uid-${++this.#versions}` };
    return this.#store({ ...object, metadata });
  }

  patch(patch: MergePatch<LeaseObject>): LeaseObject {
    const { metadata, spec } = this.get();
    const wanted = patch.metadata ?? {};
    for (const key of ['uid', 'resourceVersion'] as const) {
      const guard = wanted[key];
      if (guard !== undefined && guard !== metadata[key]) return this.#refuse('patch', 409, 'Conflict');
    }
    return this.#store({ ...this.get(), spec: { ...spec, ...patch.spec } as object });
  }

  /** Somebody else's write that leaves the spec alone. */
  touch(): void {
    this.#store(this.get());
  }

  /** The calls of one candidate; each has the fate that it is given. */
  client(clock: Clock, fate: () => Fate): LeaderElectionOptions['client'] {
    const travel = async <R>(act: () => R): Promise<R> => {
      const { before, after, lost } = fate();
      await clock.sleep(before);
      if (lost === 'request') throw new CodedError('API_UNREACHABLE', 'lost on the way');
      const outcome = await Promise.try(act).then(
        (value) => () => value,
        (error: unknown) => () => {
          throw error;
        },
      );
      await clock.sleep(after);
      if (lost === 'answer') throw new CodedError('API_UNREACHABLE', 'the answer was lost');
      return outcome();
    };
    return {
      get: () => travel(() => this.get()),
      create: (object) => travel(() => this.create(object)),
      patch: (_ref, patch) => travel(() => this.patch(patch)),
    };
  }

  #store(lease: LeaseObject): LeaseObject {
    const metadata = { ...lease.metadata, resourceVersion: String(++this.#versions) };
    this.lease = { ...lease, metadata };
    return this.lease;
  }

  #refuse(verb: Verb, status: number, reason: string): never {
    const body = { kind: 'Status', reason, details: { name: LEASE.name } } as const;
    throw apiError({ verb, resource: LEASES, ...LEASE }, status, body);
  }
}
