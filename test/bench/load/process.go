package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/argoproj/argo-rollouts/metricproviders/plugin/rpc"
	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
)

const pluginName = "RpcMetricProviderPlugin"

// process is a plugin that has answered InitPlugin.
type process struct {
	client   *goplugin.Client
	protocol goplugin.ClientProtocol
	plugin   rpc.MetricProviderPlugin
	command  *exec.Cmd
	// From exec to the answer of InitPlugin.
	startup time.Duration
}

// start is Argo's startPluginSystem (metricproviders/plugin/client) without its locks.
func start(c contender) *process {
	command := exec.Command(c.Command[0], c.Command[1:]...)
	begin := time.Now()
	client := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: goplugin.HandshakeConfig{
			ProtocolVersion:  1,
			MagicCookieKey:   "ARGO_ROLLOUTS_RPC_PLUGIN",
			MagicCookieValue: "metricprovider",
		},
		Plugins: map[string]goplugin.Plugin{pluginName: &rpc.RpcMetricProviderPlugin{}},
		Cmd:     command,
		Managed: true,
		Logger:  hclog.New(&hclog.LoggerOptions{Level: hclog.Error, Output: os.Stderr}),
	})
	protocol, err := client.Client()
	must(err)
	raw, err := protocol.Dispense(pluginName)
	must(err)
	plugin := raw.(rpc.MetricProviderPlugin)
	if failure := plugin.InitPlugin(); failure.HasError() {
		must(fmt.Errorf("%s: InitPlugin: %s", c.Name, failure.ErrorString))
	}
	return &process{client, protocol, plugin, command, time.Since(begin)}
}

func startAll(contenders []contender) []*process {
	processes := make([]*process, len(contenders))
	for i, c := range contenders {
		processes[i] = start(c)
	}
	return processes
}

func killAll(processes []*process) {
	for _, p := range processes {
		p.client.Kill()
	}
}

// residentMB is VmRSS in 10^6 bytes.
func (p *process) residentMB() float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	must(err)
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kilobytes, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			must(err)
			return kilobytes * 1024 / 1e6
		}
	}
	must(fmt.Errorf("/proc/%d/status has no VmRSS", p.command.Process.Pid))
	return 0
}

// cpuMs is what the process has used so far: utime and stime of proc_pid_stat(5), whose clock ticks a hundred times a
// second. Nothing for no process.
func (p *process) cpuMs() float64 {
	if p == nil {
		return 0
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.command.Process.Pid))
	must(err)
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	ticks := 0.0
	for _, field := range fields[11:13] {
		value, err := strconv.ParseFloat(field, 64)
		must(err)
		ticks += value
	}
	return ticks * 10
}
