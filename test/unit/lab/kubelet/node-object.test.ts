import { expect } from 'chai';
import { nodeObject } from '../../../lab/kubelet/node-object.ts';

describe('the Node of a process kubelet', () => {
  for (const [here, named] of [
    ['x64', 'amd64'],
    ['arm64', 'arm64'],
  ] as const) {
    it(`names the architecture as Kubernetes does: ${here} is ${named}`, () => {
      const { metadata, status } = nodeObject('node', 10250, '2026-01-02T03:04:05Z', here);
      expect(metadata.labels).to.include({ 'kubernetes.io/arch': named });
      expect(status?.['nodeInfo']).to.include({ architecture: named });
    });
  }
});
