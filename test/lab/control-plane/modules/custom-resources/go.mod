// Custom resources of other projects that what we ship makes use of; only their CustomResourceDefinitions are read.
module canary-analysis/lab/custom-resources

go 1.26

require (
	github.com/argoproj/argo-cd/v2 v2.14.21
	github.com/fluxcd/flagger v1.36.1
	github.com/openshift/api v0.0.0-20251015095338-264e80a2b6e7
	github.com/operator-framework/api v0.34.0
	github.com/prometheus-operator/prometheus-operator v0.85.0
	istio.io/api v1.31.1
)
