import { expect } from 'chai';
import { headline } from '../../../../../operator/judge/findings/headline.ts';

describe('the headline of a template', () => {
  for (const [what, template, text, place] of [
    ['no trace', 'connection to <ip> refused', 'connection to <ip> refused', undefined],
    [
      'JavaScript',
      "unhandled error | TypeError: Cannot read properties of undefined (reading 'percent') | at totalOf (file:///app/service.ts:<num>:<num>) | at Server.<anonymous> (file:///app/service.ts:<num>:<num>)",
      "unhandled error | TypeError: Cannot read properties of undefined (reading 'percent')",
      'totalOf',
    ],
    [
      'an async method',
      'Error: no rows | at async OrderStore.load [as get] (/app/store.js:<num>:<num>)',
      'Error: no rows',
      'OrderStore.load',
    ],
    [
      'Java',
      'request failed | java.lang.NullPointerException: total is null | at com.acme.shop.OrderController.create(OrderController.java:<num>)',
      'request failed | java.lang.NullPointerException: total is null',
      'OrderController.create',
    ],
    [
      'Python',
      'KeyError: \'total\' | File "/app/orders/views.py", line <num>, in create_order',
      "KeyError: 'total'",
      'create_order',
    ],
    [
      'Go',
      'panic: runtime error: index out of range | main.(*Server).handle(<hex>, <hex>)',
      'panic: runtime error: index out of range',
      '(*Server).handle',
    ],
    ['a bar of its own', 'queue | depth <num>', 'queue | depth <num>', undefined],
    [
      'a frame alone',
      'at totalOf (file:///app/x.ts:<num>:<num>)',
      'at totalOf (file:///app/x.ts:<num>:<num>)',
    ],
  ] as const) {
    it(`of ${what}`, () =>
      expect(headline(template)).to.deep.equal(place === undefined ? { text } : { text, place }));
  }
});
