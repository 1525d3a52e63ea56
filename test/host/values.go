package main

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"reflect"
	"sort"
	"strings"
	"time"

	"github.com/argoproj/argo-rollouts/metricproviders/plugin/rpc"
	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// valuesReport is how a plugin that tells what it decoded (stub-plugin.ts --echo) took the arguments of one Run.
type valuesReport struct {
	Case string `json:"case"`
	// Of the arguments as JSON: bytes, and values that are not objects or lists.
	Bytes  int `json:"bytes"`
	Leaves int `json:"leaves"`
	// Struct fields that were set (every field).
	Fields int `json:"fields"`
	// JSON paths at which gob itself does not bring what was sent.
	Lost []string `json:"lost"`
	// JSON paths at which the plugin has something else than Go's own decoder would.
	Different []string `json:"different"`
}

// arguments is what Run takes, under the name that Argo registers.
type runArguments struct {
	AnalysisRun *v1alpha1.AnalysisRun
	Metric      v1alpha1.Metric
}

func values(h *host) (out []valuesReport) {
	plugin := h.must()
	defer h.kill()
	for _, c := range casesOfValues() {
		out = append(out, compare(plugin, c))
	}
	return
}

type valuesCase struct {
	name   string
	sent   runArguments
	fields int
}

func casesOfValues() []valuesCase {
	every := runArguments{AnalysisRun: &v1alpha1.AnalysisRun{}}
	f := &filler{}
	f.fill(reflect.ValueOf(&every).Elem(), "")
	zeros := runArguments{AnalysisRun: &v1alpha1.AnalysisRun{}}
	zeros.AnalysisRun.Spec.Metrics = make([]v1alpha1.Metric, 1)
	(&filler{zero: true}).fill(reflect.ValueOf(&zeros.AnalysisRun.Spec.Metrics[0]).Elem(), "")
	(&filler{zero: true}).fill(reflect.ValueOf(&zeros.Metric).Elem(), "")
	return []valuesCase{
		{"every field", every, f.fields},
		{"pointers to zeros", zeros, 0},
		{"nothing", runArguments{AnalysisRun: &v1alpha1.AnalysisRun{}}, 0},
		{"times", timesOf(), 0},
		{"unicode", textsOf(unicode), 0},
		{"invalid UTF-8", textsOf("a\xffb \xc3( \xf8 end"), 0},
		{"1 MiB", textsOf(strings.Repeat("zażółć 😀 \x00\n", 1<<20/20)), 0},
	}
}

const unicode = "zażółć gęślą jaźń \u2028\u2029\ufeff\u202e e\u0301 👩‍👩‍👧 \U0010ffff \x00\x01\x7f \"\\/<>&"

// textsOf has a string wherever a user's text can stand: in a value, a key and a message.
func textsOf(text string) runArguments {
	config, err := json.Marshal(map[string]string{"extraPrompt": text})
	check(err)
	metric := v1alpha1.Metric{Name: "m"}
	metric.Provider.Plugin = map[string]json.RawMessage{"argoproj-labs/metric-ai": config}
	run := &v1alpha1.AnalysisRun{}
	run.Annotations = map[string]string{"text": text}
	run.Spec.Args = []v1alpha1.Argument{{Name: "text", Value: &text}, {Name: "unset"}}
	run.Status.Message = text
	return runArguments{run, metric}
}

// timesOf has times of all the kinds that Go writes: with and without a zone, far from and before the epoch.
func timesOf() runArguments {
	at := func(zone *time.Location, year int) *metav1.Time {
		t := metav1.NewTime(time.Date(year, 3, 1, 12, 30, 15, 123456789, zone))
		return &t
	}
	zones := []*time.Location{
		time.UTC, time.FixedZone("", 0), time.FixedZone("", 5*3600+30*60), time.FixedZone("", -3*3600),
		// Offsets with seconds, as old local times have them, take another form on the wire.
		time.FixedZone("", 53*60+28), time.FixedZone("", -(53*60 + 28)),
	}
	run := &v1alpha1.AnalysisRun{}
	result := v1alpha1.MetricResult{Name: "m"}
	for _, year := range []int{1, 1969, 1970, 2026, 9999} {
		for _, zone := range zones {
			result.Measurements = append(result.Measurements, v1alpha1.Measurement{StartedAt: at(zone, year), FinishedAt: at(zone, year)})
		}
	}
	result.Measurements = append(result.Measurements, v1alpha1.Measurement{StartedAt: &metav1.Time{}})
	run.Status.MetricResults = []v1alpha1.MetricResult{result}
	return runArguments{AnalysisRun: run}
}

func compare(plugin rpc.MetricProviderPlugin, c valuesCase) valuesReport {
	answer := plugin.Run(c.sent.AnalysisRun, c.sent.Metric)
	if answer.Phase == v1alpha1.AnalysisPhaseError {
		check(fmt.Errorf("%s: %s", c.name, answer.Message))
	}
	var told map[string]any
	decoder := json.NewDecoder(strings.NewReader(answer.Metadata["arguments"]))
	decoder.UseNumber()
	check(decoder.Decode(&told))
	received := runArguments{AnalysisRun: &v1alpha1.AnalysisRun{}}
	check(restore(reflect.ValueOf(&received).Elem(), told, ""))

	var wire bytes.Buffer
	var brought runArguments
	check(gob.NewEncoder(&wire).Encode(c.sent))
	check(gob.NewDecoder(&wire).Decode(&brought))
	if brought.AnalysisRun == nil {
		brought.AnalysisRun = &v1alpha1.AnalysisRun{}
	}
	sent, expected, got := leavesOf(c.sent), leavesOf(brought), leavesOf(received)
	data, err := json.Marshal(c.sent)
	check(err)
	return valuesReport{
		Case: c.name, Bytes: len(data), Leaves: len(sent), Fields: c.fields,
		Lost: differences(sent, expected), Different: differences(expected, got),
	}
}

// leavesOf is a value's JSON as path → scalar. A time is joined by its nanoseconds and zone, which its JSON leaves out.
func leavesOf(value any) map[string]string {
	data, err := json.Marshal(value)
	check(err)
	var tree any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	check(decoder.Decode(&tree))
	leaves := map[string]string{}
	collect(leaves, "", tree)
	collectTimes(leaves, "", reflect.ValueOf(value))
	return leaves
}

func collect(leaves map[string]string, path string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for key, part := range v {
			collect(leaves, path+"/"+key, part)
		}
	case []any:
		for i, part := range v {
			collect(leaves, fmt.Sprintf("%s/%d", path, i), part)
		}
	default:
		leaves[path] = fmt.Sprintf("%T %v", v, v)
	}
}

func collectTimes(leaves map[string]string, path string, v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[metav1.Time]():
		leaves[path+" (time)"] = v.Interface().(metav1.Time).Format("2006-01-02T15:04:05.000000000Z07:00:00")
	case v.Kind() == reflect.Pointer && !v.IsNil():
		collectTimes(leaves, path, v.Elem())
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				collectTimes(leaves, path+"/"+field.Name, v.Field(i))
			}
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			collectTimes(leaves, fmt.Sprintf("%s/%d", path, i), v.Index(i))
		}
	}
}

func differences(a, b map[string]string) []string {
	paths := []string{}
	for path, value := range a {
		if other, ok := b[path]; !ok || other != value {
			paths = append(paths, path)
		}
	}
	for path := range b {
		if _, ok := a[path]; !ok {
			paths = append(paths, path)
		}
	}
	sort.Strings(paths)
	return paths
}
