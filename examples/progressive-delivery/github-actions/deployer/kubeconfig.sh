#!/usr/bin/env bash
# Prints the kubeconfig of the workflow: the cluster of your kubectl, and the token of the Secret ai-engine-deployer.
set -euo pipefail
namespace=ai-engine
account=ai-engine-deployer

token=$(kubectl get secret "$account" -n "$namespace" -o go-template='{{with .data}}{{with .token}}{{. | base64decode}}{{end}}{{end}}')
if [ -z "$token" ]; then
  echo "the Secret $account has no token yet: run this again in a moment, or see that the ServiceAccount $account exists" >&2
  exit 1
fi
server=$(kubectl config view --minify -o jsonpath='{.clusters[0].cluster.server}')
ca=$(kubectl config view --minify --flatten --raw -o jsonpath='{.clusters[0].cluster.certificate-authority-data}')

cat <<END
apiVersion: v1
kind: Config
clusters:
  - name: cluster
    cluster:
      server: $server
${ca:+      certificate-authority-data: $ca}
users:
  - name: $account
    user:
      token: $token
contexts:
  - name: $account
    context:
      cluster: cluster
      user: $account
      namespace: $namespace
current-context: $account
END
