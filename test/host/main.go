// Command host is a metric plugin's host as Argo Rollouts is one: it starts the plugin named on its command line
// through Argo's own rpc types and hashicorp/go-plugin, makes every call once and prints what it saw as one JSON object.
//
//	host [-analysis-run FILE] [-metric FILE] [-rounds N] [-payload BYTES] [-record DIR] -- PLUGIN [ARGUMENT…]
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/argoproj/argo-rollouts/metricproviders/plugin/rpc"
	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The values of argo-rollouts' metricproviders/plugin/client.
var handshake = goplugin.HandshakeConfig{
	ProtocolVersion:  1,
	MagicCookieKey:   "ARGO_ROLLOUTS_RPC_PLUGIN",
	MagicCookieValue: "metricprovider",
}

const pluginName = "RpcMetricProviderPlugin"

// report is what the program prints.
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
	// Further rounds of Ping, Run and Resume, concurrently, and how many were answered with a transport error.
	Rounds        int   `json:"rounds"`
	RoundErrors   int   `json:"roundErrors"`
	KillMs        int64 `json:"killMs"`
	Exited        bool  `json:"exited"`
	InitExit      bool  `json:"initExit"`
	Log           []any `json:"log"`
	FirstRunMicro int64 `json:"firstRunMicroseconds"`
	NextRunMicro  int64 `json:"nextRunMicroseconds"`
}

func main() {
	analysisRunFile := flag.String("analysis-run", "", "AnalysisRun as JSON; empty: a small one")
	metricFile := flag.String("metric", "", "Metric as JSON, its arguments resolved; empty: the AnalysisRun's first")
	rounds := flag.Int("rounds", 0, "further concurrent rounds of Ping, Run and Resume")
	payload := flag.Int("payload", 0, "bytes of metadata of a measurement that Resume has to echo")
	recordDir := flag.String("record", "", "folder for the bytes of the session")
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
		if err != nil {
			panic(err)
		}
		command = append([]string{self, "-tee", *recordDir, "--"}, command...)
	}
	analysisRun, metric, err := arguments(*analysisRunFile, *metricFile)
	if err != nil {
		fmt.Fprintln(os.Stderr, "host:", err)
		os.Exit(2)
	}
	out := drive(command, analysisRun, metric, *rounds, *payload)
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(out); err != nil {
		panic(err)
	}
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

func drive(command []string, analysisRun *v1alpha1.AnalysisRun, metric v1alpha1.Metric, rounds, payload int) (out report) {
	log := &lines{}
	// As Argo's NewClient, but for the logger, which keeps what the host would have printed.
	client := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: handshake,
		Plugins:         map[string]goplugin.Plugin{pluginName: &rpc.RpcMetricProviderPlugin{}, "Unknown": &rpc.RpcMetricProviderPlugin{}},
		Cmd:             exec.Command(command[0], command[1:]...),
		Managed:         true,
		Logger:          hclog.New(&hclog.LoggerOptions{Name: "plugin", Level: hclog.Trace, Output: log, JSONFormat: true}),
	})
	defer func() {
		begin := time.Now()
		client.Kill()
		out.KillMs = time.Since(begin).Milliseconds()
		out.Exited = client.Exited()
		out.Log = log.objects()
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

	begin := time.Now()
	run := plugin.Run(analysisRun, metric)
	out.FirstRunMicro = time.Since(begin).Microseconds()
	out.Run = &run
	out.Metadata = plugin.GetMetadata(metric)

	stored := stored(run)
	resumed := plugin.Resume(analysisRun, metric, stored)
	out.Resume = &resumed
	out.ResumeUnchanged = echoes(plugin, analysisRun, metric, payload)

	terminated := plugin.Terminate(analysisRun, metric, stored)
	out.Terminate = &terminated
	out.GarbageCollect = plugin.GarbageCollect(analysisRun, metric, 10).ErrorString

	if rounds > 0 {
		begin = time.Now()
		plugin.Run(analysisRun, metric)
		out.NextRunMicro = time.Since(begin).Microseconds()
		out.Rounds = rounds
		out.RoundErrors = concurrently(protocol, plugin, analysisRun, metric, stored, rounds)
	}
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

func concurrently(protocol goplugin.ClientProtocol, plugin rpc.MetricProviderPlugin, analysisRun *v1alpha1.AnalysisRun, metric v1alpha1.Metric, measurement v1alpha1.Measurement, rounds int) int {
	const workers = 30
	var mutex sync.Mutex
	failed := 0
	work := make(chan int)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for range work {
				bad := protocol.Ping() != nil
				run := plugin.Run(analysisRun, metric)
				bad = bad || run.Phase == v1alpha1.AnalysisPhaseError && strings.HasPrefix(run.Message, "Run rpc call error")
				resume := plugin.Resume(analysisRun, metric, measurement)
				bad = bad || resume.Phase == v1alpha1.AnalysisPhaseError && strings.HasPrefix(resume.Message, "Resume rpc call error")
				if bad {
					mutex.Lock()
					failed++
					mutex.Unlock()
				}
			}
		})
	}
	for round := range rounds {
		work <- round
	}
	close(work)
	group.Wait()
	return failed
}

// lines keeps what go-plugin logs, one JSON object a line.
type lines struct {
	mutex sync.Mutex
	data  bytes.Buffer
}

func (l *lines) Write(data []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.data.Write(data)
}

func (l *lines) objects() []any {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	objects := []any{}
	for line := range strings.Lines(l.data.String()) {
		var object any
		if json.Unmarshal([]byte(line), &object) == nil {
			objects = append(objects, object)
		}
	}
	return objects
}
