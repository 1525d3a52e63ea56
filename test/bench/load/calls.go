package main

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
)

// turn is what one contender did in one turn, in milliseconds a call.
type turn struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
	// The plugin's own, user and system; in steps of 10 ms a turn.
	CPU    float64 `json:"cpu"`
	Errors int     `json:"errors"`
}

// call is one RPC; false when it came back with a transport error.
type call func(p *process) bool

// callsOn are the RPCs by name, about one AnalysisRun and a measurement that Run has begun.
func callsOn(run *v1alpha1.AnalysisRun, measurement v1alpha1.Measurement) map[string]call {
	metric := run.Spec.Metrics[0]
	return map[string]call{
		"Ping":           func(p *process) bool { return p.protocol.Ping() == nil },
		"Run":            func(p *process) bool { return answered(p.plugin.Run(run, metric)) },
		"Resume":         func(p *process) bool { return answered(p.plugin.Resume(run, metric, measurement)) },
		"Terminate":      func(p *process) bool { return answered(p.plugin.Terminate(run, metric, measurement)) },
		"GarbageCollect": func(p *process) bool { f := p.plugin.GarbageCollect(run, metric, 10); return !f.HasError() },
		"GetMetadata":    func(p *process) bool { return p.plugin.GetMetadata(metric)["error"] == "" },
	}
}

func answered(m v1alpha1.Measurement) bool {
	return m.Phase != v1alpha1.AnalysisPhaseError && !strings.Contains(m.Message, "rpc call error")
}

// measureCalls gives contender → method → turns, all processes alive and one of them busy.
func measureCalls(p plan, run *v1alpha1.AnalysisRun) any {
	processes := startAll(p.Contenders)
	defer killAll(processes)
	calls := make([]map[string]call, len(processes))
	out := make(map[string]map[string][]turn)
	for i, process := range processes {
		calls[i] = callsOn(run, process.plugin.Run(run, run.Spec.Metrics[0]))
		out[p.Contenders[i].Name] = make(map[string][]turn)
	}
	for _, method := range p.Methods {
		for round := -1; round < p.Rounds; round++ {
			for i, process := range processes {
				t := turnOf(process, calls[i][method], p.Calls, p.Callers)
				if round >= 0 {
					name := p.Contenders[i].Name
					out[name][method] = append(out[name][method], t)
				}
			}
		}
	}
	return out
}

func turnOf(p *process, do call, calls, callers int) turn {
	durations := make([]time.Duration, calls)
	var next, failed atomic.Int64
	var group sync.WaitGroup
	cpu := p.cpuMs()
	for range callers {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(calls); i = next.Add(1) - 1 {
				begin := time.Now()
				if !do(p) {
					failed.Add(1)
				}
				durations[i] = time.Since(begin)
			}
		})
	}
	group.Wait()
	cpu = p.cpuMs() - cpu
	slices.Sort(durations)
	at := func(quantile float64) float64 {
		index := min(len(durations)-1, int(quantile*float64(len(durations))))
		return float64(durations[index].Nanoseconds()) / 1e6
	}
	return turn{P50: at(0.5), P99: at(0.99), Max: at(1), CPU: cpu / float64(calls), Errors: int(failed.Load())}
}

// startSample is one start.
type startSample struct {
	StartMs     float64 `json:"startMs"`
	ResidentMB  float64 `json:"residentMB"`
	FirstRunMs  float64 `json:"firstRunMs"`
	SecondRunMs float64 `json:"secondRunMs"`
	KillMs      float64 `json:"killMs"`
}

// measureStarts gives contender → samples, a new process for each.
func measureStarts(p plan, run *v1alpha1.AnalysisRun) any {
	out := make(map[string][]startSample)
	for range p.Rounds {
		for _, c := range p.Contenders {
			if c.Bare {
				begin := time.Now()
				must(exec.Command(c.Command[0], c.Command[1:]...).Run())
				out[c.Name] = append(out[c.Name], startSample{StartMs: float64(time.Since(begin).Nanoseconds()) / 1e6})
				continue
			}
			process := start(c)
			time.Sleep(time.Duration(p.SettleMs) * time.Millisecond)
			resident := process.residentMB()
			milliseconds := func(work func()) float64 {
				begin := time.Now()
				work()
				return float64(time.Since(begin).Nanoseconds()) / 1e6
			}
			ask := func() {
				if m := process.plugin.Run(run, run.Spec.Metrics[0]); !answered(m) {
					must(fmt.Errorf("%s: Run: %s", c.Name, m.Message))
				}
			}
			out[c.Name] = append(out[c.Name], startSample{
				StartMs:     float64(process.startup.Nanoseconds()) / 1e6,
				ResidentMB:  resident,
				FirstRunMs:  milliseconds(ask),
				SecondRunMs: milliseconds(ask),
				KillMs:      milliseconds(process.client.Kill),
			})
		}
	}
	return out
}

// measureMemory gives contender → MB after each tenth of the plan's calls, the plan's methods in turn.
func measureMemory(p plan, run *v1alpha1.AnalysisRun) any {
	out := make(map[string][]float64)
	for _, c := range p.Contenders {
		process := start(c)
		calls := callsOn(run, process.plugin.Run(run, run.Spec.Metrics[0]))
		for range 10 {
			for _, method := range p.Methods {
				if t := turnOf(process, calls[method], p.Calls/10/len(p.Methods), p.Callers); t.Errors > 0 {
					must(fmt.Errorf("%s: %d errors in %s", c.Name, t.Errors, method))
				}
			}
			out[c.Name] = append(out[c.Name], process.residentMB())
		}
		process.client.Kill()
	}
	return out
}
