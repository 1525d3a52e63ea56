export { type Allowance, allowanceOf } from './allowance.ts';
export type { ConfiguredCredential } from './credentials.ts';
export { type Flags, parseFlags, USAGE } from './flags.ts';
export { type LoadedConfig, loadConfig, parseConfig } from './load-config.ts';
export type { OperatorConfig } from './types.ts';
