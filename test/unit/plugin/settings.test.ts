import { expect } from 'chai';
import { settingsFrom } from '../../../plugin/settings.ts';

const NO_FILES = (file: string): string => {
  throw new Error(`ENOENT ${file}`);
};

describe('the settings of the plugin', () => {
  it('come from the pod when no flag is given', () => {
    const env = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '6443' };
    const settings = settingsFrom([], env, () => 'openshift-gitops\n');
    expect(settings).to.include({
      server: 'https://10.96.0.1:6443',
      tokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token',
      caFile: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
      namespace: 'openshift-gitops',
    });
    expect(settings).not.to.have.property('show');
  });

  it('put an IPv6 address into brackets', () => {
    expect(settingsFrom([], { KUBERNETES_SERVICE_HOST: 'fd00::1' }, NO_FILES).server).to.equal(
      'https://[fd00::1]:443',
    );
  });

  it('come from flags before anything else', () => {
    const args = [
      '--api-server',
      'http://127.0.0.1:1',
      '--token-file',
      '/t',
      '--ca-file',
      '/c',
      '--namespace',
      'ops',
    ];
    expect(settingsFrom(args, { POD_NAMESPACE: 'x' }, NO_FILES)).to.include({
      server: 'http://127.0.0.1:1',
      tokenFile: '/t',
      caFile: '/c',
      namespace: 'ops',
    });
  });

  it('send no token to a server that a flag names unless a flag names one', () => {
    const settings = settingsFrom(['--api-server', 'https://example.com'], {}, NO_FILES);
    expect(settings).not.to.have.any.keys('tokenFile', 'caFile');
  });

  it('take the controller to live in argo-rollouts when nothing tells', () => {
    expect(settingsFrom([], {}, NO_FILES).namespace).to.equal('argo-rollouts');
  });

  for (const args of [
    ['--nonsense'],
    ['--api-server'],
    ['--api-server', 'ftp://x'],
    ['--api-server', 'http://u:p@x'],
  ]) {
    it(`refuse ${args.join(' ')}`, () => {
      expect(() => settingsFrom(args, {}, NO_FILES))
        .to.throw()
        .with.property('code', 'CONFIG_INVALID');
    });
  }
});
