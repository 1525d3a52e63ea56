import type { KubernetesObject, MergePatch } from '../../crds/client/kubernetes-object.ts';
import type { ResourceDefinition } from '../../crds/client/resource.ts';

/** What a Lease says; an empty or absent holder means that nobody leads. */
export interface LeaseSpec {
  readonly holderIdentity?: string;
  /** How long others wait after a renewal that they saw. */
  readonly leaseDurationSeconds?: number;
  /** MicroTime, by the holder's wall clock. */
  readonly acquireTime?: string;
  /** MicroTime, by the holder's wall clock: others only compare it for equality. */
  readonly renewTime?: string;
  /** How often the lease went from one holder to another. */
  readonly leaseTransitions?: number;
}

/** A coordination.k8s.io/v1 Lease. */
export interface LeaseObject extends KubernetesObject {
  readonly spec?: LeaseSpec;
}

/** Where Leases live. */
export const LEASES: ResourceDefinition = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
};

/** A wall-clock time as Kubernetes' MicroTime has it: RFC 3339 in UTC with exactly six fraction digits. */
export function microTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000Z`;
}

/** The holder; undefined when nobody leads. */
export function holderOf(lease: LeaseObject): string | undefined {
  const holder = lease.spec?.holderIdentity;
  return holder === undefined || holder === '' ? undefined : holder;
}

/** What a candidate writes to take the lease; `before` is the lease that it takes over, absent for a new one. */
export function claim(
  identity: string,
  durationMs: number,
  now: number,
  before?: LeaseObject,
): Required<LeaseSpec> {
  const { holderIdentity, acquireTime, leaseTransitions = 0 } = before?.spec ?? {};
  const time = microTime(now);
  const again = holderIdentity === identity;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(durationMs / 1000),
    acquireTime: (again ? acquireTime : undefined) ?? time,
    renewTime: time,
    leaseTransitions: before === undefined || again ? leaseTransitions : leaseTransitions + 1,
  };
}

/** What a holder writes to let the next one in at once; client-go writes the same. */
export function release(now: number): LeaseSpec {
  const time = microTime(now);
  return { holderIdentity: '', leaseDurationSeconds: 1, acquireTime: time, renewTime: time };
}

/** A patch of the spec that is refused (409) when the lease changed since it was read, or is another of the same name. */
export function guarded(lease: LeaseObject, spec: LeaseSpec): MergePatch<LeaseObject> {
  const { name, uid = '', resourceVersion = '' } = lease.metadata;
  return { metadata: { name, uid, resourceVersion }, spec };
}

/**
 * When somebody else's lease expires, by this process's own clock alone: its duration counted from the moment at which its
 * latest change was seen. Clocks of other machines play no part.
 */
export class LeaseObservation {
  readonly #durationMs: number;
  #seen = '';
  #expiresAt = 0;

  /** @param durationMs for a lease that does not say how long it lasts */
  constructor(durationMs: number) {
    this.#durationMs = durationMs;
  }

  /** Takes a lease that was read; `now` is monotonic and not before the answer came. */
  see(lease: LeaseObject, now: number): void {
    const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions } =
      lease.spec ?? {};
    const seen = JSON.stringify([
      lease.metadata.uid,
      holderIdentity,
      leaseDurationSeconds,
      acquireTime,
      renewTime,
      leaseTransitions,
    ]);
    if (seen === this.#seen) return;
    this.#seen = seen;
    this.#expiresAt =
      now + (leaseDurationSeconds === undefined ? this.#durationMs : leaseDurationSeconds * 1000);
  }

  /** Milliseconds until it may be taken, at most 0 when that is now. */
  remaining(now: number): number {
    return this.#expiresAt - now;
  }
}
