package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"k8s.io/apimachinery/pkg/types"
)

// runs is what became of one contender's measurements.
type runs struct {
	Turns []turn `json:"turns"`
	// Resume of measurements that wait, after the last of the turns.
	Meanwhile *turn `json:"meanwhile,omitempty"`
	// Phases of the measurements that were resumed because the plugin woke their AnalysisRuns.
	Outcomes map[string]int `json:"outcomes"`
}

// begun is one measurement and its AnalysisRun.
type begun struct {
	run         *v1alpha1.AnalysisRun
	measurement v1alpha1.Measurement
}

// measureRuns begins measurements that are all different, the plan's callers at once. Of a contender with a Woken
// URL it also asks for them while they wait, and resumes each when its AnalysisRun is woken.
func measureRuns(p plan, run *v1alpha1.AnalysisRun) any {
	processes := make([]*process, len(p.Contenders))
	for i, c := range p.Contenders {
		if c.API == "" {
			processes[i] = start(c)
			defer processes[i].client.Kill()
		}
	}
	metric := run.Spec.Metrics[0]
	out := make(map[string]*runs)
	all := make([][]begun, len(processes))
	for _, c := range p.Contenders {
		out[c.Name] = &runs{Outcomes: make(map[string]int)}
	}
	var outcome sync.Mutex
	argo := make([]*resumer, len(processes))
	for i, c := range p.Contenders {
		if c.Woken != "" {
			argo[i] = listen(c.Woken)
		}
	}
	for round := -1; round < p.Rounds; round++ {
		for i, c := range p.Contenders {
			var mutex sync.Mutex
			next := 0
			t := turnOf(processes[i], func(plugin *process) bool {
				mutex.Lock()
				next++
				own := run.DeepCopy()
				own.Name = fmt.Sprintf("%s-%d-%d", run.Name, round+1, next)
				mutex.Unlock()
				own.UID = types.UID(fmt.Sprintf("%s-%s", c.Name, own.Name))
				own.Namespace = c.Namespace
				if c.API != "" {
					return create(c.API, own) == nil
				}
				measurement := plugin.plugin.Run(own, metric)
				if argo[i] != nil {
					argo[i].await(own.Namespace+"/"+own.Name, func() {
						final := plugin.plugin.Resume(own, metric, measurement)
						outcome.Lock()
						defer outcome.Unlock()
						out[c.Name].Outcomes[string(final.Phase)]++
					})
				}
				mutex.Lock()
				defer mutex.Unlock()
				all[i] = append(all[i], begun{own, measurement})
				return measurement.Phase == v1alpha1.AnalysisPhaseRunning
			}, p.Calls, p.Callers)
			if round >= 0 {
				out[c.Name].Turns = append(out[c.Name].Turns, t)
			}
			time.Sleep(time.Duration(p.PauseMs) * time.Millisecond)
		}
	}
	for i, c := range p.Contenders {
		if argo[i] == nil {
			continue
		}
		var next atomic.Int64
		t := turnOf(processes[i], func(plugin *process) bool {
			b := all[i][int(next.Add(1))%len(all[i])]
			return answered(plugin.plugin.Resume(b.run, metric, b.measurement))
		}, 3000, p.Callers)
		out[c.Name].Meanwhile = &t
	}
	for i, c := range p.Contenders {
		if argo[i] != nil && !argo[i].finish(time.Duration(p.SettleMs)*time.Millisecond) {
			must(fmt.Errorf("%s: not all AnalysisRuns were woken within %d ms", c.Name, p.SettleMs))
		}
	}
	return out
}

var api = &http.Client{Transport: &http.Transport{
	TLSClientConfig:     &tls.Config{InsecureSkipVerify: true},
	MaxIdleConnsPerHost: 64,
}}

// create is what Run asks of the API server, without a plugin in between.
func create(url string, run *v1alpha1.AnalysisRun) error {
	body := fmt.Sprintf(`{"apiVersion":"metric-ai.argoproj-labs.io/v1alpha1","kind":"CanaryAnalysis",`+
		`"metadata":{"name":"%[1]s","namespace":"%[2]s"},"spec":{"measurement":{"analysisRun":"%[1]s","ordinal":1}}}`, run.Name, run.Namespace)
	response, err := api.Post(url, "application/json", bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusCreated {
		return fmt.Errorf("the API server answered %s", response.Status)
	}
	return nil
}
