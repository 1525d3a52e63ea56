package main

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/argoproj/argo-rollouts/metricproviders/plugin/rpc"
	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
)

// quitReport is how a plugin went that was told to while calls were in flight.
type quitReport struct {
	KillMs int64 `json:"killMs"`
	// The answers of the calls in flight: phases, and the message of the first that was an Error.
	Phases map[v1alpha1.AnalysisPhase]int `json:"phases"`
	Error  string                         `json:"error"`
	Log    []any                          `json:"log"`
}

// quit tells the plugin to go as soon as all calls wait in it.
func quit(h *host, analysisRun *v1alpha1.AnalysisRun, metric v1alpha1.Metric, callers int, inFlight string) (out quitReport) {
	plugin := h.must()
	answers := asked(callers, func(number int) v1alpha1.Measurement {
		return askOnce(plugin, analysisRun, metric, number)
	})
	waitFor(func() bool { return waiting(plugin, metric, inFlight) == callers })
	out.KillMs = h.kill()
	out.Phases, out.Error = answers()
	out.Log = h.log.objects()
	return
}

// crashReport is what a plugin that was killed left behind.
type crashReport struct {
	// Of the processes in turn.
	Pids []int `json:"pids"`
	// The measurement before the crash as Argo stored it, and what the next process answered to it.
	Stored  v1alpha1.Measurement           `json:"stored"`
	Resumed v1alpha1.Measurement           `json:"resumed"`
	Phases  map[v1alpha1.AnalysisPhase]int `json:"phases"`
	Error   string                         `json:"error"`
	// What a third process answered, after calls had been in flight in the second.
	Again  v1alpha1.Measurement `json:"again"`
	KillMs int64                `json:"killMs"`
}

// crash kills the plugin with SIGKILL, first while it is idle, then with calls in flight if there are to be any.
func crash(h *host, analysisRun *v1alpha1.AnalysisRun, metric v1alpha1.Metric, callers int) (out crashReport) {
	plugin := h.must()
	out.Pids = append(out.Pids, h.process.Process.Pid)
	out.Stored = stored(plugin.Run(analysisRun, metric))
	h.crash()
	plugin = h.must()
	out.Pids = append(out.Pids, h.process.Process.Pid)
	out.Resumed = stored(plugin.Resume(analysisRun, metric, out.Stored))
	answers := asked(callers, func(number int) v1alpha1.Measurement {
		return askOnce(plugin, analysisRun, metric, number)
	})
	if callers > 0 {
		waitFor(func() bool { return waiting(plugin, metric, "") == callers })
	}
	h.crash()
	out.Phases, out.Error = answers()
	plugin = h.must()
	out.Pids = append(out.Pids, h.process.Process.Pid)
	out.Again = stored(plugin.Resume(analysisRun, metric, out.Stored))
	out.KillMs = h.kill()
	return
}

// crash is SIGKILL from outside, and the moment at which go-plugin has noticed.
func (h *host) crash() {
	check(h.process.Process.Kill())
	waitFor(h.client.Exited)
}

// askOnce runs a measurement of its own.
func askOnce(plugin rpc.MetricProviderPlugin, analysisRun *v1alpha1.AnalysisRun, metric v1alpha1.Metric, number int) v1alpha1.Measurement {
	own := analysisRun.DeepCopy()
	own.Name = fmt.Sprintf("held-%d", number)
	return plugin.Run(own, metric)
}

// asked makes calls at once; what it returns waits for the answers.
func asked(callers int, call func(number int) v1alpha1.Measurement) func() (map[v1alpha1.AnalysisPhase]int, string) {
	answers := make([]v1alpha1.Measurement, callers)
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() { answers[i] = call(i) })
	}
	return func() (map[v1alpha1.AnalysisPhase]int, string) {
		group.Wait()
		phases, message := map[v1alpha1.AnalysisPhase]int{}, ""
		for _, answer := range answers {
			phases[answer.Phase]++
			if answer.Phase == v1alpha1.AnalysisPhaseError {
				message = answer.Message
			}
		}
		return phases, message
	}
}

// waiting is how many calls are in flight in the plugin, as it says itself or as the URL does.
func waiting(plugin rpc.MetricProviderPlugin, metric v1alpha1.Metric, url string) int {
	text := ""
	if url == "" {
		text = plugin.GetMetadata(metric)["waiting"]
	} else {
		response, err := http.Get(url)
		check(err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		check(err)
		text = string(body)
	}
	count, err := strconv.Atoi(strings.TrimSpace(text))
	check(err)
	return count
}

func waitFor(condition func() bool) {
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			panic("what was waited for did not come")
		}
	}
}
