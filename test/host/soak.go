package main

import (
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"

	"github.com/argoproj/argo-rollouts/metricproviders/plugin/rpc"
	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
)

// soakReport is what became of very many calls.
type soakReport struct {
	Sequential int `json:"sequential"`
	Concurrent int `json:"concurrent"`
	Pings      int `json:"pings"`
	// The first few answers that were errors, or another call's.
	Wrong  []string `json:"wrong"`
	KillMs int64    `json:"killMs"`
}

// pings are more than the 256 KiB window of the control stream holds (26 bytes each).
const pings = 12_000

// soak makes calls of every kind, each about an AnalysisRun of its own, and looks whether the answer is to that one.
func soak(h *host, analysisRun *v1alpha1.AnalysisRun, metric v1alpha1.Metric, calls int, runOnce bool) (out soakReport) {
	plugin := h.must()
	out.Wrong = []string{}
	var mutex sync.Mutex
	judge := func(err error) {
		mutex.Lock()
		defer mutex.Unlock()
		if err != nil && len(out.Wrong) < 10 {
			out.Wrong = append(out.Wrong, err.Error())
		}
	}
	first := plugin.Run(analysisRun, metric)
	kinds := kindsOfCall(h, plugin, stored(first), metric, runOnce)
	call := func(number int) {
		own := analysisRun
		if !runOnce {
			own = analysisRun.DeepCopy()
			own.Name = fmt.Sprintf("run-%d", number)
		}
		judge(kinds[number%len(kinds)](own, number))
	}
	for number := range calls {
		call(number)
	}
	out.Sequential = calls
	var next atomic.Int64
	var group sync.WaitGroup
	for range 30 {
		group.Go(func() {
			for number := next.Add(1) - 1; number < int64(calls); number = next.Add(1) - 1 {
				call(calls + int(number))
			}
		})
	}
	group.Wait()
	out.Concurrent = calls
	for range pings {
		judge(h.ping())
	}
	out.Pings = pings
	out.KillMs = h.kill()
	return
}

func kindsOfCall(h *host, plugin rpc.MetricProviderPlugin, begun v1alpha1.Measurement, metric v1alpha1.Metric, runOnce bool) []func(*v1alpha1.AnalysisRun, int) error {
	own := func(number int) v1alpha1.Measurement {
		measurement := *begun.DeepCopy()
		if !runOnce {
			measurement.Value = fmt.Sprint(number)
		}
		return measurement
	}
	kinds := []func(*v1alpha1.AnalysisRun, int) error{
		func(*v1alpha1.AnalysisRun, int) error { return h.ping() },
		func(run *v1alpha1.AnalysisRun, number int) error {
			return differ("Resume", plugin.Resume(run, metric, own(number)), own(number))
		},
		func(run *v1alpha1.AnalysisRun, number int) error {
			return differ("GarbageCollect", plugin.GarbageCollect(run, metric, number).ErrorString, "")
		},
		func(*v1alpha1.AnalysisRun, int) error {
			return differ("GetMetadata", plugin.GetMetadata(metric)["error"], "")
		},
	}
	if runOnce {
		return kinds
	}
	return append(kinds,
		func(run *v1alpha1.AnalysisRun, _ int) error {
			return differ("Run", plugin.Run(run, metric).Metadata["run"], run.Namespace+"/"+run.Name)
		},
		func(run *v1alpha1.AnalysisRun, number int) error {
			return differ("Terminate", plugin.Terminate(run, metric, own(number)).Value, fmt.Sprint(number))
		},
	)
}

func differ(what string, got, want any) error {
	if g, ok := got.(v1alpha1.Measurement); ok {
		w := want.(v1alpha1.Measurement)
		if !same(g.StartedAt, w.StartedAt) {
			return fmt.Errorf("%s: another startedAt", what)
		}
		g.StartedAt, w.StartedAt = nil, nil
		got, want = g, w
	}
	if reflect.DeepEqual(got, want) {
		return nil
	}
	return fmt.Errorf("%s: got %v, want %v", what, got, want)
}
