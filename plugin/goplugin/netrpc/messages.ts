import { type GobType, STRING, structOf, UINT } from '../gob/schema.ts';
import { codecError } from '../gob/wire.ts';

/** net/rpc server.go: what comes before the argument of each call. */
export interface RpcRequest {
  readonly method: string;
  /** The caller's number of the call, echoed in the response. */
  readonly seq: number | bigint;
}

export const REQUEST: GobType = structOf('Request', { ServiceMethod: STRING, Seq: UINT });

/** net/rpc server.go: what comes before each reply. A reply with an `Error` is decoded and thrown away. */
export const RESPONSE: GobType = structOf('Response', { ServiceMethod: STRING, Seq: UINT, Error: STRING });

/** `struct{}`: the body that goes with an error (invalidRequest) and the reply of methods that say nothing. */
export const EMPTY: GobType = structOf('', {});

/** A decoded Request; the first call's Seq is 0, and zero is not sent. Throws `CODEC_FAILED` for anything else. */
export function readRequest(value: unknown): RpcRequest {
  if (typeof value !== 'object' || value === null) throw codecError('an rpc request that is no struct');
  const { ServiceMethod = '', Seq = 0 } = value as {
    readonly ServiceMethod?: unknown;
    readonly Seq?: unknown;
  };
  if (typeof ServiceMethod !== 'string' || (typeof Seq !== 'number' && typeof Seq !== 'bigint')) {
    throw codecError('an rpc request whose fields are of other types');
  }
  return { method: ServiceMethod, seq: Seq };
}
