package main

import (
	"fmt"
	"os/exec"
	"sync"

	"github.com/argoproj/argo-rollouts/metricproviders/plugin/rpc"
	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
)

// The values of argo-rollouts' metricproviders/plugin/client.
var handshake = goplugin.HandshakeConfig{
	ProtocolVersion:  1,
	MagicCookieKey:   "ARGO_ROLLOUTS_RPC_PLUGIN",
	MagicCookieValue: "metricprovider",
}

const pluginName = "RpcMetricProviderPlugin"

// host starts the plugin when there is none and keeps it, as Argo's metricPlugin does.
type host struct {
	command []string
	log     lines

	mutex   sync.Mutex
	client  *goplugin.Client
	process *exec.Cmd
	plugin  rpc.MetricProviderPlugin
}

// newClient is Argo's, but for the logger, which keeps what the host would have printed.
func (h *host) newClient() {
	h.process = exec.Command(h.command[0], h.command[1:]...)
	h.client = goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: handshake,
		Plugins:         map[string]goplugin.Plugin{pluginName: &rpc.RpcMetricProviderPlugin{}, "Unknown": &rpc.RpcMetricProviderPlugin{}},
		Cmd:             h.process,
		Managed:         true,
		Logger:          hclog.New(&hclog.LoggerOptions{Name: "plugin", Level: hclog.Trace, Output: &h.log, JSONFormat: true}),
	})
}

// get is Argo's startPluginSystem: called before each task, it starts the plugin anew when it has exited, and pings it.
func (h *host) get() (rpc.MetricProviderPlugin, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.client == nil || h.client.Exited() {
		h.newClient()
		protocol, err := h.client.Client()
		if err != nil {
			return nil, fmt.Errorf("unable to get plugin client: %w", err)
		}
		raw, err := protocol.Dispense(pluginName)
		if err != nil {
			return nil, fmt.Errorf("unable to dispense plugin: %w", err)
		}
		h.plugin = raw.(rpc.MetricProviderPlugin)
		if failure := h.plugin.InitPlugin(); failure.HasError() {
			return nil, fmt.Errorf("unable to initialize plugin via rpc: %w", failure)
		}
	}
	if err := h.ping(); err != nil {
		h.client.Kill()
		h.client = nil
		return nil, fmt.Errorf("could not ping plugin: %w", err)
	}
	return h.plugin, nil
}

func (h *host) ping() error {
	protocol, err := h.client.Client()
	if err != nil {
		return err
	}
	return protocol.Ping()
}

// must is get where an error is the end of the program.
func (h *host) must() rpc.MetricProviderPlugin {
	plugin, err := h.get()
	check(err)
	return plugin
}

// kill is what Argo does at its end: Quit, and SIGKILL two seconds later.
func (h *host) kill() (milliseconds int64) {
	return timed(h.client.Kill)
}
