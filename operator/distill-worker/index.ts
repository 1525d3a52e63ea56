export {
  createDistillTask,
  type DistillTask,
  type DistillTaskOptions,
  INLINE_BYTES,
} from './distill-task.ts';
