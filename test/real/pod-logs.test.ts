import { startRealLab } from '../lab/real-lab.ts';
import { describePodLogs } from '../unit/lab/kubelet/pod-log-cases.ts';

describePodLogs('pod logs through a real API server', (options) =>
  startRealLab({ ...options, progress: (line) => process.stdout.write(`    ${line}\n`) }),
);
