import { expect } from 'chai';
import { MaskedWords } from '../../eval/grounding/masked-words.ts';
import { unfounded } from '../../eval/grounding/unfounded.ts';
import { memoryFolder } from '../../eval/memory-folder.ts';

const T = '2026-01-01T00:00:00Z ';
const bundle = memoryFolder('pair', {
  'stable/shop-1-a/web.log': `${T}INFO placed order 1\n`,
  'canary/shop-2-b/web.log': `${T}INFO placed order 7\n${T}ERROR card 12 refused by \u001b[1mbank\u001b[m\n${T}java.lang.IllegalStateException: closed\n`,
  'canary/shop-2-c/web.log': `${T}ERROR card 13  refused by bank\n${T}{"level":50,"err":{"message":"no \\"stock\\"","type":"OutOfStock"},"msg":"order lost"}\nlevel=error msg="card declined" order=7 code=51\n`,
  'change.json': '{"canary":{"spec":{"containers":[{"name":"web","env":[{"name":"BANK_URL"}]}]}}}',
});

const missing = (message: string): Promise<string[]> => unfounded([message], bundle);

describe('whether a message is founded on raw lines', () => {
  for (const message of [
    'canary logs `card <num> refused by bank` 2 times in 2 of 2 pods; stable never did',
    'canary logs `card <num> refused by ba…` 2 times in 2 of 2 pods',
    'canary logs `card <num> refused by bank | java.lang.IllegalStateException: closed` 1 time in 1 of 2 pods',
    'canary logs `order lost | OutOfStock: no "stock"` 1 time in 1 of 2 pods',
    'canary logs `"card declined" code=51` 1 time in 1 of 2 pods',
    'canary never logs `placed order <num>`; stable did 1 time',
    'canary logs errors of all kinds 3 times, 2 of them `card <num> refused by bank`, in 2 of 2 pods',
    'x; the change explains it: `containers[web].env[BANK_URL]` is new',
    'x; nearly all of it in pod shop-2-b',
  ]) {
    it(`is found: ${message}`, async () => {
      expect(await missing(message)).to.deep.equal([]);
    });
  }

  for (const [message, why] of [
    ['canary logs `card <num> accepted` 2 times in 2 of 2 pods', '1 raw'],
    ['canary logs `card <num> refused by bank` 3 times in 2 of 2 pods', '3 on canary, in 2 raw lines'],
    ['canary logs `placed order <num>` 1 time in 2 of 2 pods', '2 pods of canary, in the logs of 1'],
    ['canary never logs `card <num> refused by bank`; stable did 1 time', '1 on stable, in 0 raw lines'],
    ['canary logs `refused <num> by bank` 1 time in 1 of 2 pods', '0 raw lines'],
    ['canary logs `card <num> refused by bank | at Bank.pay` 1 time in 1 of 2 pods', '`at Bank.pay`'],
    ['canary logs `order lost | OutOfMoney: no "stock"` 1 time in 1 of 2 pods', 'OutOfMoney'],
    ['canary logs `"card declined" code=54` 1 time in 1 of 2 pods', 'code=54'],
    ['x; the change explains it: `containers[web].env[SHOP_URL]` is new', 'SHOP_URL'],
    ['x; nearly all of it in pod shop-2-d', 'pod shop-2-d'],
  ] as const) {
    it(`is missed: ${message}`, async () => {
      const [found, ...more] = await missing(message);
      expect(more).to.deep.equal([]);
      expect(found).to.include(why === '1 raw' ? 'in 0 raw lines' : why);
    });
  }

  it('a number is held to a digit, and whatever else was masked to anything at all', () => {
    expect(new MaskedWords('took <dur> for <pod>').isIn('took 12ms for web-7')).to.equal(true);
    expect(new MaskedWords('took <dur> for').isIn('took long for web')).to.equal(false);
    expect(new MaskedWords('saw {…} twice').isIn('saw {"a": 1} twice')).to.equal(true);
    expect(new MaskedWords('<num>').isIn('42')).to.equal(true);
    expect(new MaskedWords('<num>').isIn('none')).to.equal(false);
  });
});
