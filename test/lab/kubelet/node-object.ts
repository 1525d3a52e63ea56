import type { KubeObject } from '../kubernetes.ts';
import { POD_IP } from './container-environment.ts';

/** Go's names, which Kubernetes uses, for architectures that Node.js names otherwise. */
const GO_ARCH: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** The Node that a process kubelet registers: the API server reaches its logs at this address and port. */
export function nodeObject(name: string, port: number, now: string, arch: string = process.arch): KubeObject {
  const architecture = GO_ARCH[arch] ?? arch;
  const capacity = { cpu: '2', memory: '8Gi', pods: '110' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': process.platform,
        'kubernetes.io/arch': architecture,
      },
    },
    spec: {},
    status: {
      addresses: [
        { type: 'InternalIP', address: POD_IP },
        { type: 'Hostname', address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
      capacity,
      allocatable: capacity,
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          message: 'process kubelet is posting ready status',
          lastHeartbeatTime: now,
          lastTransitionTime: now,
        },
      ],
      nodeInfo: {
        kubeletVersion: 'v1.35.4-process',
        containerRuntimeVersion: `process://${process.version}`,
        operatingSystem: process.platform,
        architecture,
        machineID: '',
        systemUUID: '',
        bootID: '',
        kernelVersion: '',
        osImage: '',
        kubeProxyVersion: '',
      },
    },
  };
}
