import { expect } from 'chai';
import { qualifyHost } from '../../../../plugin/config/agent-url.ts';

describe('the host of an agent', () => {
  const completed: [url: string, expected: string][] = [
    ['http://kubernetes-agent:8080', 'http://kubernetes-agent.argo-rollouts.svc:8080'],
    ['http://kubernetes-agent', 'http://kubernetes-agent.argo-rollouts.svc'],
    ['https://agent/base/path?x=http://y:1', 'https://agent.argo-rollouts.svc/base/path?x=http://y:1'],
    ['http://agent:8080/', 'http://agent.argo-rollouts.svc:8080/'],
  ];
  for (const [url, expected] of completed) {
    it(`of one label is a Service in the controller's namespace: ${url}`, () => {
      expect(qualifyHost(url, 'argo-rollouts')).to.equal(expected);
    });
  }

  for (const url of [
    'http://localhost:8080',
    'http://LOCALHOST',
    'http://127.0.0.1:8080/a',
    'http://[::1]:8080',
    'http://2130706433/',
    'http://0x7f000001',
    'http://kubernetes-agent.ops:8080',
    'http://kubernetes-agent.argo-rollouts.svc.cluster.local:8080',
    'https://agent.example.com',
    'http://user@agent:80',
    'agent:8080',
  ]) {
    it(`is left as it is: ${url}`, () => {
      expect(qualifyHost(url, 'argo-rollouts')).to.equal(url);
    });
  }
});
