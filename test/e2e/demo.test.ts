import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

const root = join(import.meta.dirname, '../..');

describe('the demo', () => {
  it('promotes the healthy canary on evidence, aborts the other two, and says why', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'examples/demo/main.ts')]);
    const table = stdout.slice(stdout.indexOf('$ kubectl get canaryanalyses'));
    expect(table).to.match(/^shop-good-\S+ +Promote +\d+ +NoRegression +shop-good /m);
    expect(table).to.match(/^shop-errors-\S+ +Abort +\d+ +Regression +shop-errors /m);
    expect(table).to.match(/^shop-crash-\S+ +Abort +\d+ +BlockingFact +shop-crash /m);
    expect(table).to.contain("Cannot read properties of undefined (reading 'percent')");
    expect(table).to.contain('missing setting PAYMENT_PROVIDER_URL');
    const [, power = '0'] = /shop-good \([\s\S]*?power: (\d+) %/.exec(table) ?? [];
    expect(Number(power), 'the healthy canary is promoted on evidence, not on silence').to.be.at.least(80);
  });
});
