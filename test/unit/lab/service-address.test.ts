import { expect } from 'chai';
import { type EmbeddedLab, startEmbeddedLab } from '../../lab/embedded-lab.ts';
import type { KubeObject } from '../../lab/kubernetes.ts';
import { type ServiceAddress, serveService } from '../../lab/service-address.ts';
import { PODS, pod } from './objects.ts';

const SERVER =
  "require('node:http').createServer((_, answer) => answer.end(process.env.NAME)).listen(process.env.PORT, '127.0.0.1')";

function service(app: string): KubeObject {
  const ports = [
    { name: 'other', port: 81, targetPort: 'other' },
    { name: 'http', port: 80, targetPort: 'http' },
  ];
  const spec = { selector: { app }, ports };
  return { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'default', name: 'web' }, spec };
}

function listening(name: string): KubeObject {
  return pod(name, {
    image: 'server',
    env: [{ name: 'NAME', value: name }],
    ports: [{ name: 'http', containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
  });
}

const isReady = ({ status }: KubeObject): boolean =>
  ((status?.['conditions'] ?? []) as { type: string; status: string }[]).some(
    ({ type, status: holds }) => type === 'Ready' && holds === 'True',
  );

describe('the address of a Service on the lab', () => {
  let lab: EmbeddedLab;
  let address: ServiceAddress;
  beforeEach(async () => {
    lab = await startEmbeddedLab({ images: { server: ['node', '-e', SERVER] } });
    address = await serveService(lab.client, { namespace: 'default', name: 'web', port: 80 });
  });
  afterEach(async () => {
    await address.close();
    await lab.stop();
  });

  const asked = async (): Promise<string> => {
    const response = await fetch(address.url, { headers: { connection: 'close' } });
    return await response.text();
  };
  const refused = (): Promise<string> =>
    asked().then(
      (text) => `answered ${text}`,
      (error: Error & { cause?: { code?: string } }) => error.cause?.code ?? error.message,
    );

  it('leads to a pod that the Service selects at the moment', async () => {
    for (const name of ['first', 'second']) await lab.apply(listening(name));
    for (const name of ['first', 'second']) await lab.waitFor(listening(name), isReady);
    await lab.apply(service('first'));
    expect(await asked()).to.equal('first');
    await lab.apply(service('second'));
    expect(await asked()).to.equal('second');
  });

  it('resets who calls while no pod is ready, or before there is a Service', async () => {
    expect(await refused()).to.equal('ECONNRESET');
    await lab.apply(service('web'));
    expect(await refused()).to.equal('ECONNRESET');
    await lab.apply(listening('web'));
    await lab.waitFor(listening('web'), isReady);
    expect(await asked()).to.equal('web');
    await lab.client.delete(`${PODS}/web`);
    expect(await refused()).to.equal('ECONNRESET');
  });
});
