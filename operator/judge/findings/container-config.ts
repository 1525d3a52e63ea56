import type { JudgeInput } from '../input.ts';
import type { Draft } from './draft.ts';
import { waitingFor } from './waiting.ts';

/** The kubelet's reasons (kubernetes/pkg/kubelet/container/sync_result.go and kuberuntime). */
const REASONS = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'PostStartHookError',
  'PreCreateHookError',
  'PreStartHookError',
  'RunContainerError',
]);

/** Containers that cannot be created as configured: a missing ConfigMap or Secret, a wrong command, a failing hook. */
export function containerConfigs(input: JudgeInput): readonly Draft[] {
  return waitingFor('ContainerConfig', REASONS, 'cannot be started', input);
}
