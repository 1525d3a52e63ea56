// Command load measures metric plugins under Argo Rollouts' own rpc client. It reads a plan as JSON from stdin, takes
// the plan's contenders in turns, so that a noisy machine is noisy for all of them, and prints the samples as JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
)

// plan says what to measure.
type plan struct {
	// start, calls, memory or runs.
	Mode string `json:"mode"`
	// How often each contender has its turn.
	Rounds int `json:"rounds"`
	// Calls of one turn; the others are those of all callers together.
	Calls   int      `json:"calls"`
	Callers int      `json:"callers"`
	Methods []string `json:"methods"`
	// AnalysisRun as JSON; its first metric is the calls'.
	AnalysisRun string `json:"analysisRun"`
	// How long a contender is left alone before its memory is read (start), or may take to wake the last AnalysisRun (runs).
	SettleMs int `json:"settleMs"`
	// How long the plugins may work off what a turn has set going (runs).
	PauseMs    int         `json:"pauseMs"`
	Contenders []contender `json:"contenders"`
}

// contender is one plugin.
type contender struct {
	Name    string   `json:"name"`
	Command []string `json:"command"`
	// No plugin: a program that is run to its end (start).
	Bare bool `json:"bare"`
	// Replaces the AnalysisRun's (runs).
	Namespace string `json:"namespace"`
	// A URL that streams the AnalysisRuns it wakes; nobody resumes them without (runs).
	Woken string `json:"woken"`
	// In place of a command: where to create CanaryAnalyses directly (runs).
	API string `json:"api"`
}

func main() {
	var p plan
	must(json.NewDecoder(os.Stdin).Decode(&p))
	var run v1alpha1.AnalysisRun
	data, err := os.ReadFile(p.AnalysisRun)
	must(err)
	must(json.Unmarshal(data, &run))
	modes := map[string]func(plan, *v1alpha1.AnalysisRun) any{
		"start": measureStarts, "calls": measureCalls, "memory": measureMemory, "runs": measureRuns,
	}
	measure, ok := modes[p.Mode]
	if !ok {
		must(fmt.Errorf("unknown mode %q", p.Mode))
	}
	must(json.NewEncoder(os.Stdout).Encode(measure(p, &run)))
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}
