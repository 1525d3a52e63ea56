import { expect } from 'chai';
import fc from 'fast-check';
import type { KubeObject } from '../../../lab/kubernetes.ts';
import { CONFIG_MAPS, configMap, EventReader, type TestServer, testServer } from '../objects.ts';

type Operation =
  | { readonly does: 'write'; readonly name: string; readonly side: string; readonly data: string }
  | { readonly does: 'delete'; readonly name: string }
  | { readonly does: 'rewatch' };

const name = fc.constantFrom('a', 'b', 'c', 'd');
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant('write' as const),
      name,
      side: fc.constantFrom('l', 'r'),
      data: fc.constantFrom('1', '2'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('delete' as const), name }) },
  { weight: 1, arbitrary: fc.constant({ does: 'rewatch' as const }) },
);

describe('list and watch', () => {
  let test: TestServer;

  before(async () => {
    test = await testServer();
  });
  after(() => test.stop());

  it('leave a client that follows a selector with what a final list shows', async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 25 }), async (operations) => {
        round += 1;
        const run = `run-${round}`;
        const path = `${CONFIG_MAPS}?labelSelector=side%3Dl,run%3D${run}`;
        const follower = await Follower.start(test, path);
        for (const one of operations) {
          if (one.does === 'rewatch') await follower.restart();
          else await apply(test, run, one);
        }
        await test.client.create(CONFIG_MAPS, configMap(`last-${run}`, { side: 'l', run }));
        const seen = await follower.readUntil(`last-${run}`);
        const { items } = await test.client.list(path);
        expect(seen).to.deep.equal(new Map(items.map((item) => [item.metadata.name, item['data']])));
        await follower.close();
      }),
      { numRuns: 60 },
    );
  });
});

async function apply(
  test: TestServer,
  run: string,
  operation: Exclude<Operation, { does: 'rewatch' }>,
): Promise<void> {
  const path = `${CONFIG_MAPS}/${operation.name}-${run}`;
  if (operation.does === 'delete') {
    await test.client.delete(path).catch(() => {});
    return;
  }
  const object = configMap(
    `${operation.name}-${run}`,
    { side: operation.side, run },
    { data: operation.data },
  );
  const patch = { metadata: { labels: object.metadata.labels }, data: object['data'] };
  await test.client.create(CONFIG_MAPS, object).catch(() => test.client.patch(path, patch));
}

class Follower {
  readonly #test: TestServer;
  readonly #path: string;
  readonly #state = new Map<string, unknown>();
  #resourceVersion = '';
  #events: EventReader | undefined;

  private constructor(test: TestServer, path: string) {
    this.#test = test;
    this.#path = path;
  }

  static async start(test: TestServer, path: string): Promise<Follower> {
    const follower = new Follower(test, path);
    const list = await test.client.list(path);
    for (const object of list.items) follower.#state.set(object.metadata.name, object['data']);
    follower.#resourceVersion = list.metadata.resourceVersion ?? '';
    return follower;
  }

  /** Reads one event if the watch has one in its past, then drops the watch: the next one goes on from there. */
  async restart(): Promise<void> {
    await this.close();
    const watch = `${this.#path}&timeoutSeconds=1&resourceVersion=${this.#resourceVersion}`;
    const isBehind =
      this.#test.server.store.changesSince('/configmaps', Number(this.#resourceVersion)).length > 0;
    if (!isBehind) return;
    const list = await this.#test.client.list(this.#path);
    this.#events = new EventReader(this.#test.client.watch(watch));
    if (list.items.some((item) => Number(item.metadata.resourceVersion) > Number(this.#resourceVersion))) {
      this.#take(await this.#events.next());
    }
    await this.close();
  }

  async readUntil(last: string): Promise<Map<string, unknown>> {
    this.#events ??= new EventReader(
      this.#test.client.watch(`${this.#path}&resourceVersion=${this.#resourceVersion}`),
    );
    while (!this.#state.has(last)) this.#take(await this.#events.next());
    return this.#state;
  }

  async close(): Promise<void> {
    await this.#events?.close();
    this.#events = undefined;
  }

  #take({ type, object }: { type: string; object: KubeObject }): void {
    this.#resourceVersion = object.metadata.resourceVersion ?? '';
    const isKnown = this.#state.has(object.metadata.name);
    expect(type).to.equal(type === 'DELETED' ? 'DELETED' : isKnown ? 'MODIFIED' : 'ADDED');
    if (type === 'DELETED') {
      expect(isKnown).to.equal(true);
      this.#state.delete(object.metadata.name);
    } else this.#state.set(object.metadata.name, object['data']);
  }
}
