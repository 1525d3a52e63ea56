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
});
