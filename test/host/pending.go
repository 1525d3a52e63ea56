package main

import (
	"fmt"
	"sync"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
)

// pendingReport is what a plugin answers while nobody decides.
type pendingReport struct {
	// Of the measurements that were begun at once.
	Phases map[v1alpha1.AnalysisPhase]int `json:"phases"`
	Error  string                         `json:"error"`
	// What Resume, again at once, made of them in spite of that.
	Wrong  []string `json:"wrong"`
	Ping   string   `json:"ping"`
	KillMs int64    `json:"killMs"`
}

// pending begins measurements, all at once, whose verdicts never come, and asks for each.
func pending(h *host, analysisRun *v1alpha1.AnalysisRun, metric v1alpha1.Metric, callers int) (out pendingReport) {
	plugin := h.must()
	out.Wrong = []string{}
	begun := make([]v1alpha1.Measurement, callers)
	out.Phases, out.Error = asked(callers, func(number int) v1alpha1.Measurement {
		begun[number] = stored(askOnce(plugin, analysisRun, metric, number))
		return begun[number]
	})()
	var mutex sync.Mutex
	asked(callers, func(number int) v1alpha1.Measurement {
		own := analysisRun.DeepCopy()
		own.Name = fmt.Sprintf("held-%d", number)
		answer := plugin.Resume(own, metric, begun[number])
		if err := differ("Resume", answer, begun[number]); err != nil {
			mutex.Lock()
			defer mutex.Unlock()
			out.Wrong = append(out.Wrong, err.Error())
		}
		return answer
	})()
	if err := h.ping(); err != nil {
		out.Ping = err.Error()
	}
	out.KillMs = h.kill()
	return
}
