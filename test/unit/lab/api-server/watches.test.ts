import { expect } from 'chai';
import {
  CONFIG_MAPS,
  configMap,
  DEFINITIONS,
  EventReader,
  refusalOf,
  type TestServer,
  testServer,
  WIDGETS,
  widget,
  widgetDefinition,
} from '../objects.ts';

describe('watches of the embedded API server', () => {
  let test: TestServer;
  const readers: EventReader[] = [];

  const watch = (path: string): EventReader => {
    const reader = new EventReader(test.client.watch(path));
    readers.push(reader);
    return reader;
  };

  beforeEach(async () => {
    test = await testServer();
  });
  afterEach(async () => {
    await test.stop();
    readers.length = 0;
  });

  it('begin with what exists when no resourceVersion is given', async () => {
    await test.client.create(CONFIG_MAPS, configMap('a'));
    const events = watch(CONFIG_MAPS);
    expect(await events.next()).to.nested.include({ type: 'ADDED', 'object.metadata.name': 'a' });
    await test.client.create(CONFIG_MAPS, configMap('b'));
    expect(await events.next()).to.nested.include({ type: 'ADDED', 'object.metadata.name': 'b' });
  });

  it('go on from a resourceVersion without gap or repetition', async () => {
    const first = await test.client.create(CONFIG_MAPS, configMap('a'));
    await test.client.patch(`${CONFIG_MAPS}/a`, { data: { n: '1' } });
    const events = watch(`${CONFIG_MAPS}?resourceVersion=${first.metadata.resourceVersion}`);
    expect(await events.next()).to.nested.include({ type: 'MODIFIED', 'object.data.n': '1' });
    await test.client.delete(`${CONFIG_MAPS}/a`);
    expect(await events.next()).to.nested.include({ type: 'DELETED', 'object.data.n': '1' });
  });

  it('show an object that leaves the selector as DELETED with its old content under the new version', async () => {
    await test.client.create(DEFINITIONS, widgetDefinition());
    await test.client.create(WIDGETS, widget('w', { size: 1 }, { awaited: 'yes' }));
    await test.client.patch(`${WIDGETS}/w/status`, { status: { verdict: 'Promote' } });
    const events = watch(`${WIDGETS}?labelSelector=awaited%3Dyes`);
    await events.next();
    const left = await test.client.patch(`${WIDGETS}/w`, {
      metadata: { labels: { awaited: 'no' } },
      spec: { owner: 'me' },
    });
    const { type, object } = await events.next();
    expect(type).to.equal('DELETED');
    expect(object.metadata.labels).to.deep.equal({ awaited: 'yes' });
    expect(object.spec).to.deep.equal({ size: 1 });
    expect(object.status).to.deep.equal({ verdict: 'Promote' });
    expect(object.metadata.resourceVersion).to.equal(left.metadata.resourceVersion);
  });

  it('show an object that enters the selector as ADDED', async () => {
    await test.client.create(CONFIG_MAPS, configMap('a', { side: 'l' }));
    await test.client.create(CONFIG_MAPS, configMap('marker', { side: 'r' }));
    const events = watch(`${CONFIG_MAPS}?labelSelector=side%3Dr`);
    await events.next();
    await test.client.patch(`${CONFIG_MAPS}/a`, { metadata: { labels: { side: 'r' } } });
    expect(await events.next()).to.nested.include({ type: 'ADDED', 'object.metadata.name': 'a' });
  });

  it('can be narrowed to one object', async () => {
    await test.client.create(CONFIG_MAPS, configMap('a'));
    await test.client.create(CONFIG_MAPS, configMap('b'));
    const events = watch(`${CONFIG_MAPS}?fieldSelector=metadata.name%3Db`);
    expect(await events.next()).to.nested.include({ 'object.metadata.name': 'b' });
    const single = watch(`${CONFIG_MAPS}/a`);
    expect(await single.next()).to.nested.include({ 'object.metadata.name': 'a' });
  });

  it('answer a compacted resourceVersion with one ERROR event of code 410', async () => {
    const first = await test.client.create(CONFIG_MAPS, configMap('a'));
    await test.client.patch(`${CONFIG_MAPS}/a`, { data: { n: '1' } });
    test.server.store.compact();
    const events = watch(`${CONFIG_MAPS}?resourceVersion=${first.metadata.resourceVersion}`);
    expect(await events.next()).to.nested.include({
      type: 'ERROR',
      'object.code': 410,
      'object.reason': 'Expired',
    });
    expect(await events.ended()).to.equal(true);
  });

  it('refuse a resourceVersion of the future', async () => {
    expect(await refusalOf(watch(`${CONFIG_MAPS}?resourceVersion=999999`).next())).to.include({ code: 504 });
  });

  it('end after timeoutSeconds with a bookmark where bookmarks are wanted', async () => {
    const created = await test.client.create(CONFIG_MAPS, configMap('a'));
    const { resourceVersion } = created.metadata;
    const query = `resourceVersion=${resourceVersion}&allowWatchBookmarks=true&timeoutSeconds=1`;
    const events = watch(`${CONFIG_MAPS}?${query}`);
    const bookmark = await events.next();
    expect(bookmark).to.nested.include({ type: 'BOOKMARK', 'object.kind': 'ConfigMap' });
    expect(bookmark.object.metadata.resourceVersion).to.equal(resourceVersion);
    expect(await events.ended()).to.equal(true);
  });

  it('mark the end of the initial events when asked to', async () => {
    await test.client.create(CONFIG_MAPS, configMap('a'));
    const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const events = watch(`${CONFIG_MAPS}?${query}`);
    expect((await events.next()).type).to.equal('ADDED');
    const { type, object } = await events.next();
    expect(type).to.equal('BOOKMARK');
    expect(object.metadata.annotations).to.deep.equal({ 'k8s.io/initial-events-end': 'true' });
  });

  it('send bookmarks at their interval', async () => {
    const other = await testServer({ tls: false, bookmarkIntervalMs: 5 });
    try {
      const events = new EventReader(other.client.watch(`${CONFIG_MAPS}?allowWatchBookmarks=true`));
      const { type, object } = await events.next();
      expect(type).to.equal('BOOKMARK');
      expect(object.metadata.resourceVersion).to.equal(String(other.server.store.revision));
      await events.close();
    } finally {
      await other.stop();
    }
  });
});
