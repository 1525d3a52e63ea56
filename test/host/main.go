// Command host is a metric plugin's host as Argo Rollouts is one: it starts the plugin named on its command line
// through Argo's own rpc types and hashicorp/go-plugin, and prints what it saw as one JSON object.
//
//	host [-scenario NAME] [FLAG…] -- PLUGIN [ARGUMENT…]
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
)

func main() {
	scenario := flag.String("scenario", "session", "session (every call once), soak, values, quit, crash or pending")
	analysisRunFile := flag.String("analysis-run", "", "AnalysisRun as JSON; empty: a small one")
	metricFile := flag.String("metric", "", "Metric as JSON, its arguments resolved; empty: the AnalysisRun's first")
	calls := flag.Int("calls", 0, "soak: calls of one caller, and again as many of 30 callers")
	runOnce := flag.Bool("run-once", false, "soak: Run only at the beginning")
	payload := flag.Int("payload", 0, "session: bytes of metadata of a measurement that Resume has to echo")
	recordDir := flag.String("record", "", "session: folder for the bytes of the session")
	callers := flag.Int("callers", 0, "quit, crash, pending: calls in flight")
	inFlight := flag.String("in-flight", "", "quit: URL that answers how many calls wait; empty: GetMetadata says so")
	teeDir := flag.String("tee", "", "internal: stand between host and plugin and record")
	flag.Parse()
	if *teeDir != "" {
		os.Exit(tee(*teeDir, flag.Args()))
	}
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "host: name the plugin's command after the flags")
		os.Exit(2)
	}
	command := flag.Args()
	if *recordDir != "" {
		self, err := os.Executable()
		check(err)
		command = append([]string{self, "-tee", *recordDir, "--"}, command...)
	}
	analysisRun, metric, err := arguments(*analysisRunFile, *metricFile)
	if err != nil {
		fmt.Fprintln(os.Stderr, "host:", err)
		os.Exit(2)
	}
	var out any
	switch h := (&host{command: command}); *scenario {
	case "session":
		out = session(command, analysisRun, metric, *payload)
	case "soak":
		out = soak(h, analysisRun, metric, *calls, *runOnce)
	case "values":
		out = values(h)
	case "quit":
		out = quit(h, analysisRun, metric, *callers, *inFlight)
	case "crash":
		out = crash(h, analysisRun, metric, *callers)
	case "pending":
		out = pending(h, analysisRun, metric, *callers)
	default:
		fmt.Fprintf(os.Stderr, "host: no scenario %q\n", *scenario)
		os.Exit(2)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	check(encoder.Encode(out))
}

func timed(work func()) (milliseconds int64) {
	begin := time.Now()
	work()
	return time.Since(begin).Milliseconds()
}

func arguments(analysisRunFile, metricFile string) (*v1alpha1.AnalysisRun, v1alpha1.Metric, error) {
	var analysisRun v1alpha1.AnalysisRun
	var metric v1alpha1.Metric
	if analysisRunFile != "" {
		data, err := os.ReadFile(analysisRunFile)
		if err != nil {
			return nil, metric, err
		}
		if err := json.Unmarshal(data, &analysisRun); err != nil {
			return nil, metric, fmt.Errorf("%s: %w", analysisRunFile, err)
		}
	}
	if metricFile != "" {
		data, err := os.ReadFile(metricFile)
		if err != nil {
			return nil, metric, err
		}
		if err := json.Unmarshal(data, &metric); err != nil {
			return nil, metric, fmt.Errorf("%s: %w", metricFile, err)
		}
	} else if len(analysisRun.Spec.Metrics) > 0 {
		metric = analysisRun.Spec.Metrics[0]
	}
	return &analysisRun, metric, nil
}
