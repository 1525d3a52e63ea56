import { expect } from 'chai';
import fc from 'fast-check';
import { matches, parseSelector } from '../../../../operator/evidence/selector.ts';

const accepts = (selector: string, labels: Record<string, string>): boolean =>
  matches(parseSelector(selector), labels);

describe("kubectl's selector syntax", () => {
  it('selects everything when it is empty', () => {
    expect(accepts('', {})).to.equal(true);
    expect(accepts('  ', { a: 'b' })).to.equal(true);
  });

  it('knows equality', () => {
    expect(accepts('app=web,role==canary', { app: 'web', role: 'canary' })).to.equal(true);
    expect(accepts('app=web,role=canary', { app: 'web', role: 'stable' })).to.equal(false);
    expect(accepts('role!=stable', { role: 'canary' })).to.equal(true);
    expect(accepts('role!=stable', {})).to.equal(true);
    expect(accepts('role=', { role: '' })).to.equal(true);
    expect(accepts('role=', {})).to.equal(false);
  });

  it('knows sets', () => {
    expect(accepts('role in (canary, preview)', { role: 'preview' })).to.equal(true);
    expect(accepts('role in (canary)', {})).to.equal(false);
    expect(accepts('role notin (stable,active)', { role: 'active' })).to.equal(false);
    expect(accepts('role notin (stable)', {})).to.equal(true);
  });

  it('knows presence and order', () => {
    expect(accepts('app,!debug', { app: '' })).to.equal(true);
    expect(accepts('app,!debug', { app: 'x', debug: 'yes' })).to.equal(false);
    expect(accepts('build>41,build<43', { build: '42' })).to.equal(true);
    expect(accepts('build>42', { build: 'new' })).to.equal(false);
  });

  it('knows keys with a prefix', () => {
    expect(accepts('app.kubernetes.io/name=web', { 'app.kubernetes.io/name': 'web' })).to.equal(true);
  });

  for (const wrong of [
    '=web',
    'app in web',
    'app in (web',
    'app web',
    'app=web,',
    ',app',
    'app=web b',
    'a/b/c=d',
    '-app=web',
    'app=-web',
    `app=${'x'.repeat(64)}`,
    'app>x',
    'UPPER.prefix/app=x',
    '!',
  ]) {
    it(`refuses ${JSON.stringify(wrong.slice(0, 20))}`, () => {
      expect(() => parseSelector(wrong))
        .to.throw('selector')
        .with.property('code', 'SELECTOR_INVALID');
    });
  }

  it('takes no label that objects inherit for one of its own', () => {
    expect(accepts('constructor', {})).to.equal(false);
  });

  it('parses what it prints, whatever the spaces', () => {
    const label = fc.stringMatching(/^[a-z]([a-z0-9.-]{0,10}[a-z0-9])?$/);
    const space = fc.constantFrom('', ' ', '\t');
    fc.assert(
      fc.property(fc.uniqueArray(label, { minLength: 1, maxLength: 4 }), label, space, (keys, value, gap) => {
        const text = keys.map((key) => `${gap}${key}${gap}=${gap}${value}${gap}`).join(',');
        expect(parseSelector(text)).to.deep.equal(
          keys.map((key) => ({ key, operator: 'in', values: [value] })),
        );
      }),
    );
  });

  it('either parses or refuses with its code, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab/.-=!<>(), in') }), (text) => {
        try {
          parseSelector(text);
        } catch (error) {
          expect(error).to.have.property('code', 'SELECTOR_INVALID');
        }
      }),
    );
  });
});
