import { expect } from 'chai';
import { memoryFolder } from '../../eval/memory-folder.ts';
import { Drain } from '../../eval/peers/drain.ts';
import { keywordLines } from '../../eval/peers/keyword.ts';
import { newTemplates } from '../../eval/peers/novelty.ts';

const bundle = (stable: string, canary: string) =>
  memoryFolder('pair', { 'stable/a/web.log': stable, 'canary/b/web.log': canary });

describe('the peers', () => {
  it('the keyword judge counts lines with a word for an error, whatever stable logs', async () => {
    expect(await keywordLines(bundle('ERROR x\n', 'INFO fine\n'))).to.equal(0);
    expect(await keywordLines(bundle('ERROR x\n', '2026-01-01T00:00:00Z ERROR x\n'))).to.equal(1);
    expect(await keywordLines(bundle('', 'java.lang.IllegalStateException\n'))).to.equal(1);
  });

  it('Drain gives lines that differ in their variable parts one template', () => {
    const drain = new Drain();
    expect(drain.add('user alice logged in from 10.0.0.1 after 12 ms')).to.equal(true);
    expect(drain.add('user bob logged in from 10.0.0.99 after 7 ms')).to.equal(false);
    expect(drain.add('connection to database lost')).to.equal(true);
    expect(drain.add('user carol logged in from 10.9.9.9 after 101 ms')).to.equal(false);
  });

  it('Drain tells lines of another length, and of another first word, apart', () => {
    const drain = new Drain();
    drain.add('order 1 placed');
    expect(drain.add('order 1 placed again')).to.equal(true);
    expect(drain.add('parcel 1 placed')).to.equal(true);
  });

  it('the novelty judge counts templates that stable lacks, and nothing else', async () => {
    const stable = 'order 17 placed\norder 18 failed\n';
    expect(await newTemplates(bundle(stable, 'order 99 placed\n'))).to.equal(0);
    expect(await newTemplates(bundle(stable, 'order 99 placed\ncache is cold now\n'))).to.equal(1);
  });
});
