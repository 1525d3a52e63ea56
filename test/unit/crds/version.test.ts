import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { VERSION } from '../../../crds/version.ts';

describe('the version', () => {
  it('is that of the package', () => {
    const file = join(import.meta.dirname, '../../../package.json');
    expect(VERSION).to.equal(JSON.parse(readFileSync(file, 'utf8')).version);
  });
});
