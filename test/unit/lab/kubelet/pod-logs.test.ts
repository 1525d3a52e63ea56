import { startEmbeddedLab } from '../../../lab/cluster.ts';
import { describePodLogs } from './pod-log-cases.ts';

describePodLogs('pod logs through the embedded API server', startEmbeddedLab);
