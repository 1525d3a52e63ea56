/** Texts that users of the older plugins search their logs for; each appears as documented there. */
export const TEXT = {
  agentUnhealthy: 'Kubernetes Agent health check failed: agent health check failed',
  agentFailed: 'A2A agent analysis failed: Failed to analyze with kubernetes-agent',
  authentication: 'authentication failed',
  fetchLogs: 'failed to fetch logs',
  deadline: 'context deadline exceeded',
  agentModeIncomplete: 'Agent mode requires namespace and podName',
} as const;

/** What a time-out is called, with how long it was. */
export function deadlineText(milliseconds: number): string {
  return `${TEXT.deadline} after ${Math.round(milliseconds / 100) / 10} s`;
}
