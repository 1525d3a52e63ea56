export { type Analyst, type AnalystOptions, createAnalyst } from './analyst.ts';
export type { AgentAddress } from './card.ts';
export { type AgentOptions, type RunningAgent, serveAgent } from './server.ts';
