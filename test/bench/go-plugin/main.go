// Command go-plugin is the smallest metric plugin in Go that answers as test/host/stub-plugin.ts does: what the plugin
// in TypeScript is measured against.
package main

import (
	"fmt"
	"strings"

	"github.com/argoproj/argo-rollouts/metricproviders/plugin/rpc"
	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"github.com/argoproj/argo-rollouts/utils/plugin/types"
	goplugin "github.com/hashicorp/go-plugin"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type stub struct{}

func (stub) InitPlugin() types.RpcError { return types.RpcError{} }

func (stub) Run(run *v1alpha1.AnalysisRun, metric v1alpha1.Metric) v1alpha1.Measurement {
	now := metav1.Now()
	args := make([]string, len(run.Spec.Args))
	for i, arg := range run.Spec.Args {
		value := ""
		if arg.Value != nil {
			value = *arg.Value
		}
		args[i] = arg.Name + "=" + value
	}
	return v1alpha1.Measurement{
		Phase:     v1alpha1.AnalysisPhaseRunning,
		StartedAt: &now,
		Metadata: map[string]string{
			"run":    fmt.Sprintf("%s/%s", run.Namespace, run.Name),
			"config": string(metric.Provider.Plugin["argoproj-labs/metric-ai"]),
			"args":   strings.Join(args, ","),
		},
	}
}

func (stub) Resume(_ *v1alpha1.AnalysisRun, _ v1alpha1.Metric, measurement v1alpha1.Measurement) v1alpha1.Measurement {
	return measurement
}

func (stub) Terminate(_ *v1alpha1.AnalysisRun, _ v1alpha1.Metric, measurement v1alpha1.Measurement) v1alpha1.Measurement {
	now := metav1.Now()
	measurement.Phase = v1alpha1.AnalysisPhaseInconclusive
	measurement.Message = "cancelled"
	measurement.FinishedAt = &now
	return measurement
}

func (stub) GarbageCollect(*v1alpha1.AnalysisRun, v1alpha1.Metric, int) types.RpcError {
	return types.RpcError{}
}

func (stub) Type() string { return "stub" }

func (stub) GetMetadata(v1alpha1.Metric) map[string]string {
	return map[string]string{"version": "stub"}
}

func main() {
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig: goplugin.HandshakeConfig{
			ProtocolVersion:  1,
			MagicCookieKey:   "ARGO_ROLLOUTS_RPC_PLUGIN",
			MagicCookieValue: "metricprovider",
		},
		Plugins: map[string]goplugin.Plugin{"RpcMetricProviderPlugin": &rpc.RpcMetricProviderPlugin{Impl: stub{}}},
	})
}
