import { startEmbeddedLab } from '../../../lab/embedded-lab.ts';
import { describePodLogs } from './pod-log-cases.ts';

describePodLogs('pod logs through the embedded API server', startEmbeddedLab);
