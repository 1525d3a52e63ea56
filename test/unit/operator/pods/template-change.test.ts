import { expect } from 'chai';
import type { ContainerSpec, PodTemplateSpec } from '../../../../operator/pods/pod-object.ts';
import { templateChange } from '../../../../operator/pods/template-change.ts';

const template = (
  container: Partial<ContainerSpec>,
  rest: Partial<PodTemplateSpec['spec']> = {},
): PodTemplateSpec => ({
  spec: { containers: [{ name: 'web', image: 'shop:1', ...container }], ...rest },
});
const redact = (text: string): string => text.replaceAll('s3cret', '<password>');

describe('templateChange', () => {
  it('is empty for equal templates and when a side is not known', () => {
    expect(templateChange(template({}), template({}), redact)).to.deep.equal([]);
    expect(templateChange(undefined, template({}), redact)).to.deep.equal([]);
  });

  it('names the image and the resources that differ', () => {
    const change = templateChange(
      template({ resources: { limits: { memory: '512Mi', cpu: 1 } } }),
      template({ image: 'shop:2', resources: { limits: { memory: '128Mi', cpu: 1 } } }),
      redact,
    );
    expect(change).to.deep.equal([
      { path: 'containers[web].image', before: 'shop:1', after: 'shop:2' },
      { path: 'containers[web].resources.limits.memory', before: '512Mi', after: '128Mi' },
    ]);
  });

  it('names environment variables and never shows a value', () => {
    const change = templateChange(
      template({
        env: [
          { name: 'DB', value: 'old-secret' },
          { name: 'GONE', value: 'x' },
        ],
      }),
      template({
        env: [
          { name: 'DB', value: 'new-secret' },
          { name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'k' } } },
        ],
      }),
      redact,
    );
    expect(change).to.deep.equal([
      { path: 'containers[web].env[DB]', before: 'a value', after: 'a value (changed)' },
      { path: 'containers[web].env[GONE]', before: 'a value' },
      { path: 'containers[web].env[KEY]', after: 'from Secret/keys, key k' },
    ]);
    expect(JSON.stringify(change)).not.to.match(/old-secret|new-secret/);
  });

  it('shows commands, probes and volumes, redacted', () => {
    const change = templateChange(
      template({ args: ['--password', 's3cret'] }),
      template(
        {
          args: ['--password', 's3cret', '--fast'],
          readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 5 },
        },
        { volumes: [{ name: 'conf', configMap: { name: 'web-v2' } }] },
      ),
      redact,
    );
    expect(change).to.deep.equal([
      {
        path: 'containers[web].args',
        before: '--password <password>',
        after: '--password <password> --fast',
      },
      {
        path: 'containers[web].readinessProbe',
        after: 'http /ready on 8080 delay=0s period=5s timeout=1s success=1 failure=3',
      },
      { path: 'volumes[conf]', after: 'ConfigMap/web-v2' },
    ]);
  });

  it('shows of long texts the part with the difference, and says so where only a secret differs', () => {
    const long = (end: string) => ({ args: ['-c', `${'x'.repeat(400)} ${end}`] });
    const [far] = templateChange(template(long('old')), template(long('new')), redact);
    expect(far?.before).to.match(/^…x{39,40} old$/);
    expect(far?.after).to.match(/^…x{39,40} new$/);
    const hide = (text: string) => text.replaceAll(/=\S+/g, '=<password>');
    expect(templateChange(template({ args: ['p=1'] }), template({ args: ['p=2'] }), hide)).to.deep.equal([
      { path: 'containers[web].args', before: 'p=<password>', after: 'p=<password> (changed)' },
    ]);
  });

  it('names sources of variables that came, went or have another prefix', () => {
    const change = templateChange(
      template({ envFrom: [{ configMapRef: { name: 'a' } }, { prefix: 'X_', secretRef: { name: 's' } }] }),
      template({ envFrom: [{ prefix: 'Y_', secretRef: { name: 's' } }, { configMapRef: { name: 'b' } }] }),
      redact,
    );
    expect(change).to.deep.equal([
      { path: 'containers[web].envFrom[ConfigMap/a]', before: 'present' },
      { path: 'containers[web].envFrom[ConfigMap/b]', after: 'present' },
      { path: 'containers[web].envFrom[Secret/s]', before: 'prefix X_', after: 'prefix Y_' },
    ]);
  });

  it('names labels and annotations that differ without their values, and not the hash that always does', () => {
    const with_ = (checksum: string, hash: string): PodTemplateSpec => ({
      metadata: {
        annotations: { 'checksum/config': checksum },
        labels: { app: 'web', 'rollouts-pod-template-hash': hash },
      },
    });
    expect(templateChange(with_('1a', 'h1'), with_('2b', 'h2'), redact)).to.deep.equal([
      { path: 'metadata.annotations[checksum/config]', before: 'a value', after: 'a value (changed)' },
    ]);
  });

  it('shows mounts, hooks, security contexts, and init containers', () => {
    const change = templateChange(
      template(
        { securityContext: { runAsUser: 0 } },
        { initContainers: [{ name: 'migrate', image: 'm:1' }] },
      ),
      template(
        {
          securityContext: { runAsUser: 1000 },
          volumeMounts: [{ name: 'conf', mountPath: '/etc/web', readOnly: true }],
          lifecycle: { preStop: { sleep: { seconds: 5 } } },
        },
        { initContainers: [{ name: 'migrate', image: 'm:2' }], terminationGracePeriodSeconds: 5 },
      ),
      redact,
    );
    expect(change).to.deep.equal([
      { path: 'containers[web].lifecycle.preStop', after: 'sleep 5 s' },
      { path: 'containers[web].securityContext', before: 'runAsUser=0', after: 'runAsUser=1000' },
      { path: 'containers[web].volumeMounts[/etc/web]', after: 'conf, read-only' },
      { path: 'initContainers[migrate].image', before: 'm:1', after: 'm:2' },
      { path: 'terminationGracePeriodSeconds', after: '5' },
    ]);
  });

  it('keeps a bounded number of differences and counts the rest', () => {
    const env = Array.from({ length: 300 }, (_, index) => ({ name: `V${index}`, value: '1' }));
    const change = templateChange(template({}), template({ env }), redact);
    expect(change).to.have.lengthOf(200);
    expect(change.at(-1)).to.deep.equal({ path: 'more', after: '101 further differences' });
  });
});
