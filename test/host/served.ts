import { expect } from 'chai';
import type { HostReport } from './host.ts';

/** That this project's plugin has answered every call once, and as it should. */
export function expectServed(report: HostReport): void {
  expect(report).to.deep.include({
    initPlugin: '',
    type: 'argoproj-labs/metric-ai',
    ping: '',
    garbageCollect: '',
    exited: true,
  });
  expect(report.run?.phase, report.run?.message).to.equal('Running');
  expect(report.run).not.to.have.property('resumeAt');
  expect(report.resume).to.deep.equal(report.run);
  expect(report.metadata).to.have.all.keys('version', 'dialect');
  expect(report.terminate?.phase).to.equal('Inconclusive');
  expect(report.killMs).to.be.lessThan(2000);
}
