export { type Bundle, readBundle } from './bundle.ts';
export { COLLECTED_FILE, type Collected, collectedOf, type Recorded } from './collected.ts';
export { diskFolder, type Folder, type FolderEntry } from './folder.ts';
export {
  type DecodedSnapshot,
  decodeSnapshot,
  encodeSnapshot,
  MAX_SNAPSHOT_BYTES,
  SNAPSHOT_KEY,
  type Snapshot,
} from './snapshot.ts';
