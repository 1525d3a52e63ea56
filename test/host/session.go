package main

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/argoproj/argo-rollouts/metricproviders/plugin/rpc"
	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// report is what a session was.
type report struct {
	Error string `json:"error,omitempty"`
	// The server's error for a plugin name that does not exist.
	DispenseUnknown string                `json:"dispenseUnknown"`
	InitPlugin      string                `json:"initPlugin"`
	Type            string                `json:"type"`
	Ping            string                `json:"ping"`
	Run             *v1alpha1.Measurement `json:"run,omitempty"`
	Metadata        map[string]string     `json:"metadata,omitempty"`
	// What Resume answered to the measurement of Run, as Argo stored it.
	Resume *v1alpha1.Measurement `json:"resume,omitempty"`
	// Whether Resume answered a measurement with nanoseconds, zone offsets and an empty map exactly as it was sent.
	ResumeUnchanged bool                  `json:"resumeUnchanged"`
	Terminate       *v1alpha1.Measurement `json:"terminate,omitempty"`
	GarbageCollect  string                `json:"garbageCollect"`
	KillMs          int64                 `json:"killMs"`
	Exited          bool                  `json:"exited"`
	InitExit        bool                  `json:"initExit"`
	Log             []any                 `json:"log"`
}

// session makes every call once.
func session(command []string, analysisRun *v1alpha1.AnalysisRun, metric v1alpha1.Metric, payload int) (out report) {
	h := &host{command: command}
	h.newClient()
	client := h.client
	defer func() {
		out.KillMs = h.kill()
		out.Exited = client.Exited()
		out.Log = h.log.objects()
	}()
	protocol, err := client.Client()
	if err != nil {
		out.Error = err.Error()
		return
	}
	if _, err := protocol.Dispense("Unknown"); err != nil {
		out.DispenseUnknown = err.Error()
	}
	raw, err := protocol.Dispense(pluginName)
	if err != nil {
		out.Error = err.Error()
		return
	}
	plugin := raw.(rpc.MetricProviderPlugin)
	if failure := plugin.InitPlugin(); failure.HasError() {
		out.InitPlugin = failure.ErrorString
		for deadline := time.Now().Add(5 * time.Second); !client.Exited() && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		out.InitExit = client.Exited()
		return
	}
	out.Type = plugin.Type()
	if err := protocol.Ping(); err != nil {
		out.Ping = err.Error()
	}

	run := plugin.Run(analysisRun, metric)
	out.Run = &run
	out.Metadata = plugin.GetMetadata(metric)

	stored := stored(run)
	resumed := plugin.Resume(analysisRun, metric, stored)
	out.Resume = &resumed
	out.ResumeUnchanged = echoes(plugin, analysisRun, metric, payload)

	terminated := plugin.Terminate(analysisRun, metric, stored)
	out.Terminate = &terminated
	out.GarbageCollect = plugin.GarbageCollect(analysisRun, metric, 10).ErrorString

	return
}

// echoes sends a measurement that a careless round trip would change and compares the answer.
func echoes(plugin rpc.MetricProviderPlugin, analysisRun *v1alpha1.AnalysisRun, metric v1alpha1.Metric, payload int) bool {
	started := metav1.NewTime(time.Date(2026, 3, 1, 12, 30, 15, 123456789, time.FixedZone("", 5*3600+30*60)))
	resume := metav1.NewTime(time.Date(1, 1, 2, 0, 0, 0, 1, time.UTC))
	odd := v1alpha1.Measurement{
		Phase:     v1alpha1.AnalysisPhaseRunning,
		Message:   "zażółć \"gęślą\" jaźń\n\u2028😀",
		StartedAt: &started,
		ResumeAt:  &resume,
		Value:     "0.5",
		Metadata:  map[string]string{"": "", "__proto__": "x", "1": "one", "long": strings.Repeat("é", payload/2)},
	}
	empty := v1alpha1.Measurement{Phase: v1alpha1.AnalysisPhaseRunning, Metadata: map[string]string{}}
	bare := v1alpha1.Measurement{}
	for _, sent := range []v1alpha1.Measurement{odd, empty, bare} {
		got := plugin.Resume(analysisRun, metric, sent)
		if !same(got.StartedAt, sent.StartedAt) || !same(got.FinishedAt, sent.FinishedAt) || !same(got.ResumeAt, sent.ResumeAt) {
			return false
		}
		got.StartedAt, got.FinishedAt, got.ResumeAt = nil, nil, nil
		sent.StartedAt, sent.FinishedAt, sent.ResumeAt = nil, nil, nil
		if !reflect.DeepEqual(got, sent) {
			return false
		}
	}
	return true
}

func same(a, b *metav1.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	_, offsetA := a.Zone()
	_, offsetB := b.Zone()
	return a.Time.Equal(b.Time) && offsetA == offsetB
}

// stored is the measurement after a trip through the API server: times at whole seconds.
func stored(measurement v1alpha1.Measurement) (out v1alpha1.Measurement) {
	data, err := json.Marshal(measurement)
	if err != nil {
		panic(err)
	}
	if err := json.Unmarshal(data, &out); err != nil {
		panic(err)
	}
	return out
}
