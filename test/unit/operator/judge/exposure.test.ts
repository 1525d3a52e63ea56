import { expect } from 'chai';
import { measureExposure } from '../../../../operator/judge/exposure.ts';
import type { Template } from '../../../../operator/model.ts';
import { count, input, template } from './builders.ts';

function measured(templates: readonly Template[]) {
  const { evidence, distilled } = input({ lines: { stable: 0, canary: 0 }, templates });
  const { unit, stable, canary } = measureExposure(evidence, distilled);
  return { unit, stable, canary };
}

describe('the exposure', () => {
  it('is lines that both sides have, however few, where they are most of what each logs', () => {
    expect(measured([template('info', 500, 12), template('info', 100, 0)])).to.deep.equal({
      unit: 'lines',
      stable: 500,
      canary: 12,
    });
  });

  it('is Ready pod-seconds where they are very few, or a small part of few', () => {
    for (const templates of [
      [template('info', 500, 9)],
      [template('info', 500, 20), template('info', 0, 40)],
      [template('info', 500, 0), template('info', 0, 500)],
    ])
      expect(measured(templates)).to.deep.equal({ unit: 'podSeconds', stable: 600, canary: 600 });
  });

  it('is lines from fifty on, whatever else is logged', () => {
    expect(measured([template('info', 60, 50), template('info', 0, 9_000)]).unit).to.equal('lines');
  });

  it('leaves start-up, warnings and errors out', () => {
    const started = template('info', count('stable', 100), count('canary', 100, { startup: 40 }));
    expect(measured([started, template('warn', 80, 80), template('error', 80, 80)])).to.deep.equal({
      unit: 'lines',
      stable: 100,
      canary: 60,
    });
  });
});
