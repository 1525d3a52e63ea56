import { expect } from 'chai';
import { PORTS_ANNOTATION } from '../../../lab/kubelet/host-ports.ts';
import type { JsonObject, KubeObject } from '../../../lab/kubernetes.ts';
import { endpointsOf } from '../../../lab/prometheus/endpoints.ts';
import { limitsPage } from '../../../lab/prometheus/limits.ts';

function service(name: string, spec: JsonObject): KubeObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'shop', name }, spec };
}

function pod(name: string, labels: Record<string, string>, ports?: Record<string, number>): KubeObject {
  const annotations = ports === undefined ? {} : { [PORTS_ANNOTATION]: JSON.stringify({ api: ports }) };
  const api = {
    name: 'api',
    ports: [{ name: 'http', containerPort: 8080 }, { containerPort: 9090 }],
    resources: { limits: { cpu: '500m', memory: '256Mi' } },
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'shop', name, labels, annotations },
    spec: { containers: [api, { name: 'sidecar' }] },
  };
}

const WEB = [{ name: 'web', port: 80, targetPort: 'http' }];

describe('the endpoints that Prometheus scrapes', () => {
  it('are the pods that a Service selects, at the port that it names or numbers', () => {
    const pods = [
      pod('one', { app: 'web', hash: 'a' }, { '8080': 31001, '9090': 31002 }),
      pod('two', { app: 'web', hash: 'b' }, { '8080': 31003, '9090': 31004 }),
    ];
    const services = [
      service('all', { selector: { app: 'web' }, ports: WEB }),
      service('canary', { selector: { app: 'web', hash: 'b' }, ports: [{ name: 'metrics', port: 9090 }] }),
    ];
    const found = endpointsOf(services, pods);
    expect(found.map(({ service: name, pod: of, port, address }) => [name, of, port, address])).to.deep.equal(
      [
        ['all', 'one', 'web', '127.0.0.1:31001'],
        ['all', 'two', 'web', '127.0.0.1:31003'],
        ['canary', 'two', 'metrics', '127.0.0.1:31004'],
      ],
    );
  });

  it('are none of a Service without a selector, nor of a pod that does not listen yet', () => {
    const services = [
      service('outside', { ports: WEB }),
      service('all', { selector: { app: 'web' }, ports: WEB }),
    ];
    expect(endpointsOf(services, [pod('new', { app: 'web' })])).to.deep.equal([]);
  });

  it('have limits in the words of kube-state-metrics, in cores and bytes', () => {
    expect(limitsPage([pod('one', {})]).split('\n')).to.deep.equal([
      '# TYPE kube_pod_container_resource_limits gauge',
      'kube_pod_container_resource_limits{namespace="shop",pod="one",container="api",resource="cpu",unit="core"} 0.5',
      'kube_pod_container_resource_limits{namespace="shop",pod="one",container="api",resource="memory",unit="byte"} 268435456',
      '',
    ]);
  });
});
