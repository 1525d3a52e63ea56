import { expect } from 'chai';
import { API_SERVER } from './api-servers.ts';
import { measurementOf, System } from './system.ts';

describe(`what is not there never promotes, and says what to check (${API_SERVER.name})`, () => {
  it('the CustomResourceDefinition: an Error that says to install it', async function () {
    this.timeout('30m');
    const system = await System.start({ installed: false, withOperator: false });
    try {
      const run = await system.finished(await system.measure(await system.deploy('no-crd'), {}));
      const measurement = measurementOf(run);
      expect(measurement.phase).to.equal('Error');
      expect(measurement.metadata?.['reason']).to.equal('NotInstalled');
      expect(measurement.message).to.match(/CustomResourceDefinition|CRD/);
      expect(run.status?.phase).to.equal('Error');
    } finally {
      await system.stop();
    }
  });

  it('the operator: an Error a minute later that says what to check, and the analysis is cancelled', async function () {
    this.timeout('30m');
    const system = await System.start({ withOperator: false });
    try {
      const run = await system.measure(await system.deploy('no-operator'), {});
      const analysis = await system.analysis('no-operator', 'exists', () => true);
      const cancelled = system.until(
        {
          apiVersion: 'metric-ai.argoproj-labs.io/v1alpha1',
          kind: 'CanaryAnalysis',
          metadata: { namespace: 'no-operator', name: analysis.metadata.name },
        },
        'was cancelled',
        ({ spec }) => spec?.['cancelled'] === true,
        90_000,
      );
      await cancelled;
      const { status } = await system.lab.waitFor(
        run as never,
        ({ status: seen }) => JSON.stringify(seen ?? {}).includes('OperatorNotRunning'),
        AbortSignal.timeout(30_000),
      );
      const told = JSON.stringify(status);
      expect(told).to.contain('operator Deployment');
      expect(told).not.to.contain('Successful"');
    } finally {
      await system.stop();
    }
  });
});
