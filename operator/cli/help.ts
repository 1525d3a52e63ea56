/** What `--help` says without a command. */
export const HELP = `Usage: canary-analysis COMMAND

Commands:
  judge BUNDLE [BUNDLE…]   judge evidence that was collected into directories
  collect NAME             collect the evidence of an analysis or a Rollout into a directory
  replay WHAT [WHAT…]      judge stored evidence again and show what would be said differently today
  explain NAME [NAME…]     tell the story of an analysis: findings, numbers, quotes, what to do

canary-analysis COMMAND --help tells more. kubectl knows this program as kubectl canary_analysis.
`;

/** What `judge --help` says. */
export const JUDGE_HELP = `Usage: canary-analysis judge BUNDLE [BUNDLE…] [-o json|text] [--policy FILE]

Judges bundles: directories with the logs and facts of a stable and a canary side. Findings alone decide; no model is
asked and no cluster is needed. Prints one result for each bundle.

  -o, --output FORMAT   json: one object a line; text: for people (default: text)
      --policy FILE     YAML or JSON with fields of a CanaryAnalysis' spec.policy, e.g. onSuspicion: Abort
  -h, --help            this text

A bundle:
  stable/POD/CONTAINER.log            lines, each may start with an RFC 3339 timestamp
  stable/POD/CONTAINER.previous.log   optional: the log of the run before this one
  stable/POD/pod.json                 optional: the Pod
  stable/events.json                  optional: an EventList
  canary/…                            the same
  change.json                         optional: {"stable": PodTemplateSpec, "canary": PodTemplateSpec}
  collected.json                      optional: the window, and what was not seen

Exit status: 0 when all bundles were judged, whatever the verdicts; 2 for bad input or bad usage.
`;

const CLUSTER_FLAGS = `  -n, --namespace NAME    where it is (default: the namespace of the context)
      --kubeconfig FILE   the cluster (default: KUBECONFIG, the pod's own account, ~/.kube/config)
      --context NAME      a context of the kubeconfig (default: its current one)`;

const EXIT_STATUS = `Exit status: 0 when it did its work, whatever the verdict; 1 when the cluster could not be read; 2 for bad input or bad
usage; 130 when it was interrupted.
`;

/** What `collect --help` says. */
export const COLLECT_HELP = `Usage: canary-analysis collect NAME [-n NAMESPACE] [--out DIR] [--since SECONDS] [--raw]

Collects what an analysis looks at, logs, pods, events and the change, into a directory that judge and replay read.
NAME is a CanaryAnalysis, canaryanalysis/NAME, or a Rollout, rollout/NAME. Of an analysis that is over its own window is
read, as far as the logs are still there. Values of environment variables are never written.

      --out DIR           where to; must not exist (default: NAME)
      --since SECONDS     how far back (default: what the analysis asks for, else 600)
      --raw               do not replace secrets and personal data by placeholders
  -o, --output FORMAT     json: one object; text: for people (default: text)
${CLUSTER_FLAGS}
  -h, --help              this text

${EXIT_STATUS}`;

/** What `replay --help` says. */
export const REPLAY_HELP = `Usage: canary-analysis replay WHAT [WHAT…] [-n NAMESPACE] [-o json|text] [--policy FILE] [--look NUMBER]

Judges stored evidence again and shows what today's judge says differently. WHAT is a bundle, a file with the evidence
ConfigMap (YAML or JSON) or with the snapshot in it (gzip), or the name of a CanaryAnalysis in the cluster. What reviewers
said then is heard again; none is asked.

  -o, --output FORMAT     json: one object a line; text: for people (default: text)
      --policy FILE       YAML or JSON with fields of spec.policy (default: what took effect then, else the built-in one)
      --look NUMBER       which look at the revision it was (default: as recorded, else 1)
${CLUSTER_FLAGS}
  -h, --help              this text

${EXIT_STATUS}`;

/** What `explain --help` says. */
export const EXPLAIN_HELP = `Usage: canary-analysis explain NAME [NAME…] [-n NAMESPACE] [-o json|text]

Tells the story of an analysis: the verdict and what to do about it, every finding with its numbers and quotes, what was
looked at and what was not seen, what reviewers said. NAME is a CanaryAnalysis in the cluster, or a file with one (YAML or
JSON).

  -o, --output FORMAT     json: one object a line; text: for people (default: text)
${CLUSTER_FLAGS}
  -h, --help              this text

${EXIT_STATUS}`;
