import { expect } from 'chai';
import { runDemo } from '../e2e/run-demo.ts';

describe('the demo on a real control plane', function () {
  this.timeout('30m');
  const onLine = (line: string): void => void process.stdout.write(`    ${line}\n`);

  it('takes three Rollouts to revision 2, of which Argo Rollouts keeps the one that was promoted', async () => {
    const { stdout, stderr, code, left } = await runDemo({ env: { LAB: 'real' }, onLine });
    expect(code, stderr).to.equal(0);
    const tables = stdout.slice(stdout.indexOf('$ kubectl get canaryanalyses'));
    expect(tables).to.match(/^shop-good-\S+ +Promote +\d+ +NoRegression +shop-good /m);
    expect(tables).to.match(/^shop-errors-\S+ +Abort +\d+ +Regression +shop-errors /m);
    expect(tables).to.match(/^shop-crash-\S+ +Abort +\d+ +BlockingFact +shop-crash /m);
    expect(tables).to.match(/^shop-good +Healthy +<none>$/m);
    expect(tables).to.match(/^shop-errors +Degraded +true$/m);
    expect(tables).to.match(/^shop-crash +Degraded +true$/m);
    expect(tables).to.contain("Cannot read properties of undefined (reading 'percent')");
    expect(tables).to.contain('missing setting PAYMENT_PROVIDER_URL');
    expect(left).to.deep.equal([]);
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const { stdout, code, left } = await runDemo({ env: { LAB: 'real' }, interruptAt: /requests a second/ });
    expect(left).to.deep.equal([]);
    expect(stdout).to.match(/SIGINT: stopping\n[\s\S]*everything is stopped\n$/);
    expect(code).to.equal(130);
  });
});
