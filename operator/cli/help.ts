/** What `--help` says without a command. */
export const HELP = `Usage: canary-analysis COMMAND

Commands:
  judge BUNDLE [BUNDLE…]   judge evidence that was collected into directories
  collect NAME             collect the evidence of an analysis or a Rollout into a directory
  replay WHAT [WHAT…]      judge stored evidence again and show what would be said differently today
  explain NAME [NAME…]     tell the story of an analysis: findings, numbers, quotes, what to do
  agent                    serve the judge as an A2A agent, and as a kubernetes-agent

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

/** What `agent --help` says. */
export const AGENT_HELP = `Usage: canary-analysis agent [--port PORT] [--grpc-port PORT|none] [--wait SECONDS] [--timeout SECONDS] …

Serves the judge as an agent: over A2A 1.0 (JSON-RPC, HTTP+JSON, gRPC; its card is at /.well-known/agent-card.json), and on
the kubernetes-agent's REST interface (POST /a2a/analyze). For each request it collects the evidence of both sides by the
selectors in the context, judges it, asks its model where there is one, and answers. Health: /a2a/health, /q/health.

      --port PORT          of HTTP; 0 takes any free one (default: 8080)
      --grpc-port PORT     of gRPC, or none (default: 8081)
      --host ADDRESS       where to listen (default: every interface)
      --url URL            where callers reach it, for its card (default: as each request for the card says)
      --grpc-address H:P   the same for gRPC, as HOST:PORT; needs --url
      --since SECONDS      how far back evidence goes (default: 600)
      --wait SECONDS       how long to wait for evidence that is enough to judge by (default: 30)
      --timeout SECONDS    for one analysis in all (default: 110)
      --concurrency N      analyses at a time; eight times as many may wait (default: 2)
      --config FILE        an operator's configuration: its reviewers, credentials and log level count
      --log-level LEVEL    panic, fatal, error, warn, info, debug or trace (default: info)
      --kubeconfig FILE    the cluster (default: KUBECONFIG, the pod's own account, ~/.kube/config)
      --context NAME       a context of the kubeconfig (default: its current one)
  -h, --help               this text

Environment:
  GOOGLE_API_KEY, GEMINI_MODEL                     Gemini is asked about the findings
  OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL    an OpenAI-compatible server is; after Gemini where both are set
  AGENT_TOKEN                                      callers have to show it as a bearer token
  LOG_LEVEL, KUBECONFIG

Exit status: 0 when it was stopped; 2 for bad usage, a bad configuration, or a port that cannot be listened on.
`;
