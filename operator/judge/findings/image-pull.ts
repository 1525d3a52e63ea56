import type { JudgeInput } from '../input.ts';
import type { Draft } from './draft.ts';
import { waitingFor } from './waiting.ts';

/** The kubelet's reasons (kubernetes/pkg/kubelet/images/types.go). */
const REASONS = new Set([
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImageInspectError',
  'ImagePullBackOff',
  'InvalidImageName',
  'RegistryUnavailable',
  'SignatureValidationFailed',
]);

/** Containers whose image cannot be had. */
export function imagePulls(input: JudgeInput): readonly Draft[] {
  return waitingFor('ImagePull', REASONS, 'cannot pull its image', input);
}
