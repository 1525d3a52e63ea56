// Says what the Argo Rollouts controller sends on an event of a Rollout, by the controller's own recorder of events: which trigger
// the event's reason asks for, which conditions of it hold, which AnalysisRuns belong to the revision, what the template makes of them.
// In: one JSON object on standard input. Out: the messages as a JSON list. Only the last step, the call of the service, is replaced.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"github.com/argoproj/argo-rollouts/pkg/client/clientset/versioned/fake"
	"github.com/argoproj/argo-rollouts/pkg/client/informers/externalversions"
	"github.com/argoproj/argo-rollouts/utils/record"
	"github.com/argoproj/notifications-engine/pkg/api"
	"github.com/argoproj/notifications-engine/pkg/services"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	k8sfake "k8s.io/client-go/kubernetes/fake"
)

type request struct {
	ConfigMap    corev1.ConfigMap       `json:"configMap"`
	Secret       corev1.Secret          `json:"secret"`
	Reason       string                 `json:"reason"`
	Rollout      rollouts.Rollout       `json:"rollout"`
	AnalysisRuns []rollouts.AnalysisRun `json:"analysisRuns"`
}

type sent struct {
	Service   string `json:"service"`
	Recipient string `json:"recipient"`
	Message   string `json:"message"`
}

// outbox stands for the services of a configuration and keeps what they are given.
type outbox struct{ messages []sent }

func (o *outbox) Send(notification services.Notification, to services.Destination) error {
	o.messages = append(o.messages, sent{to.Service, to.Recipient, notification.Message})
	return nil
}

// only is a factory of one API.
type only struct{ api.API }

func (o only) GetAPI() (api.API, error) { return o.API, nil }

func (o only) GetAPIsFromNamespace(namespace string) (map[string]api.API, error) {
	return map[string]api.API{namespace: o.API}, nil
}

func main() {
	var given request
	check(json.NewDecoder(os.Stdin).Decode(&given))
	box := &outbox{messages: []sent{}}
	notifications := notificationsOf(given, box)
	failed := counter("failed")
	recorder := record.NewEventRecorder(k8sfake.NewClientset(), counter("events"), failed, counter("succeeded"),
		prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "duration"}, []string{"namespace", "name"}), only{notifications})
	recorder.Eventf(&given.Rollout, record.EventOptions{EventReason: given.Reason}, "an event")
	if count := collected(failed); count > 0 {
		check(fmt.Errorf("%d notifications failed", count))
	}
	check(json.NewEncoder(os.Stdout).Encode(box.messages))
}

func notificationsOf(given request, box *outbox) api.API {
	informer := externalversions.NewSharedInformerFactory(fake.NewSimpleClientset(), 0).Argoproj().V1alpha1().AnalysisRuns()
	for _, run := range given.AnalysisRuns {
		check(informer.Informer().GetIndexer().Add(run.DeepCopy()))
	}
	config, err := api.ParseConfig(&given.ConfigMap, &given.Secret)
	check(err)
	if len(config.Services) == 0 {
		check(errors.New("the configuration has no service"))
	}
	getVars, err := record.NewAPIFactorySettings(informer).InitGetVars(config, &given.ConfigMap, &given.Secret)
	check(err)
	notifications, err := api.NewAPI(*config, getVars)
	check(err)
	for name := range config.Services {
		notifications.AddNotificationService(name, box)
	}
	return notifications
}

func counter(name string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name}, []string{"namespace", "name", "type", "reason"})
}

func collected(counter *prometheus.CounterVec) int {
	metrics := make(chan prometheus.Metric, 10)
	counter.Collect(metrics)
	return len(metrics)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
