export { type Bundle, readBundle } from './bundle.ts';
export {
  type DecodedSnapshot,
  decodeSnapshot,
  encodeSnapshot,
  MAX_SNAPSHOT_BYTES,
  type Snapshot,
} from './snapshot.ts';
