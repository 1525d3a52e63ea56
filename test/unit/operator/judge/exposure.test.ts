import { expect } from 'chai';
import { measureExposure } from '../../../../operator/judge/exposure.ts';
import type { Template } from '../../../../operator/model.ts';
import { count, input, pods, template } from './builders.ts';

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

  it('is of the pods that were read alone, where it is known which', () => {
    const given = input({ lines: { stable: 0, canary: 0 }, canaryPods: pods('canary', 3) });
    const canary = { ...given.evidence.canary, podsRead: ['canary-2'] };
    const exposure = measureExposure({ ...given.evidence, canary }, given.distilled);
    expect(exposure.canary).to.equal(600);
    expect(exposure.pods.canary).to.deep.equal({ 'canary-2': 600 });
  });

  it('is no time where the older part of a log was left out', () => {
    const given = input({
      lines: { stable: 0, canary: 0 },
      templates: [template('info', 500, 0), template('info', 0, 400)],
    });
    for (const side of ['stable', 'canary'] as const) {
      const cut = { ...given.evidence, [side]: { ...given.evidence[side], cut: true } };
      const { unit, stable, canary } = measureExposure(cut, given.distilled);
      expect({ unit, stable, canary }).to.deep.equal({ unit: 'lines', stable: 500, canary: 400 });
    }
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
