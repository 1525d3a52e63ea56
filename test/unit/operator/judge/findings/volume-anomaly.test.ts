import { expect } from 'chai';
import { assess } from '../../../../../operator/judge/index.ts';
import { input, pods, template } from '../builders.ts';

const anomalies = (given: Parameters<typeof input>[0]) =>
  assess(input(given)).findings.filter(({ kind }) => kind === 'VolumeAnomaly');

describe('VolumeAnomaly', () => {
  it('suspects a canary that writes ten times as many lines for the same work', () => {
    const [finding] = anomalies({ templates: [template('debug', 0, 11_000)] });
    expect(finding).to.include({
      severity: 'Suspicious',
      canaryCount: 12_000,
      message:
        'canary writes 12 times as many lines as stable for the same work: 12,000 lines against 1,000, of which 1,000 and 1,000 are of records that both have',
    });
  });

  it('does not suspect new lines that are fewer, or few', () => {
    expect(anomalies({ templates: [template('debug', 0, 8_000)] })).to.deep.equal([]);
    expect(
      anomalies({ lines: { stable: 100, canary: 100 }, templates: [template('debug', 0, 3_000)] }),
    ).to.deep.equal([]);
  });

  it('does not suspect more traffic', () => {
    expect(anomalies({ lines: { stable: 1_000, canary: 40_000 } })).to.deep.equal([]);
  });

  it('notes that a canary logs a tenth for as much Ready time, which moves nothing', () => {
    const [finding] = anomalies({ lines: { stable: 4_000, canary: 200 }, stablePods: pods('stable', 2) });
    expect(finding).to.include({
      severity: 'Info',
      message:
        "canary logs 200 ordinary lines where stable's pods would log 2,000 in as much Ready time: it has little traffic, or has gone quiet",
    });
    expect(anomalies({ lines: { stable: 4_000, canary: 600 }, stablePods: pods('stable', 2) })).to.deep.equal(
      [],
    );
  });
});
