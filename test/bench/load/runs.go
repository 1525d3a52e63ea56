package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"k8s.io/apimachinery/pkg/types"
)

// runs is what became of one contender's measurements.
type runs struct {
	Turns []turn `json:"turns"`
	// Phases of the measurements when they were resumed in the end.
	Outcomes map[string]int `json:"outcomes"`
}

// begun is one measurement and its AnalysisRun.
type begun struct {
	run         *v1alpha1.AnalysisRun
	measurement v1alpha1.Measurement
}

// measureRuns begins measurements that are all different, the plan's callers at once, and resumes each after SettleMs.
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
	time.Sleep(time.Duration(p.SettleMs) * time.Millisecond)
	for i, c := range p.Contenders {
		for _, b := range all[i] {
			final := processes[i].plugin.Resume(b.run, metric, b.measurement)
			out[c.Name].Outcomes[string(final.Phase)]++
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
