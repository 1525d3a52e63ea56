import { expect } from 'chai';
import { runDemo } from './run-demo.ts';

describe('the demo', () => {
  it('promotes the healthy canary on evidence, aborts the other two, says why, and leaves nothing behind', async () => {
    const { stdout, code, left } = await runDemo();
    const table = stdout.slice(stdout.indexOf('$ kubectl get canaryanalyses'));
    expect(table).to.match(/^shop-good-\S+ +Promote +\d+ +NoRegression +shop-good /m);
    expect(table).to.match(/^shop-errors-\S+ +Abort +\d+ +Regression +shop-errors /m);
    expect(table).to.match(/^shop-crash-\S+ +Abort +\d+ +BlockingFact +shop-crash /m);
    expect(table).to.contain("Cannot read properties of undefined (reading 'percent')");
    expect(table).to.contain('missing setting PAYMENT_PROVIDER_URL');
    const [, power = '0'] = /shop-good \([\s\S]*?power: (\d+) %/.exec(table) ?? [];
    expect(Number(power), 'the healthy canary is promoted on evidence, not on silence').to.be.at.least(80);
    expect(code).to.equal(0);
    expect(left).to.deep.equal([]);
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const { stdout, stderr, code, left } = await runDemo({ interruptAt: /requests a second/ });
    expect(left).to.deep.equal([]);
    expect(stdout).to.match(/SIGINT: stopping\n.*everything is stopped\n$/);
    expect(stderr).to.equal('');
    expect(code).to.equal(130);
  });

  it('says what to install where a real control plane is asked for and there is no Go', async () => {
    const { stderr, code } = await runDemo({ env: { LAB: 'real', PATH: '/nowhere' } });
    expect(stderr).to.match(/^LAB=real builds .* there is no Go: install Go .*\n$/);
    expect(code).to.equal(1);
  });

  it('names the labs that there are when another is asked for', async () => {
    const { stderr, code } = await runDemo({ env: { LAB: 'imaginary' } });
    expect(stderr).to.equal('LAB is "imaginary": it can be embedded or real.\n');
    expect(code).to.equal(2);
  });
});
