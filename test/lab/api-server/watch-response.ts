import type { HttpCall } from './http-call.ts';
import { type Scope, tooLargeResourceVersion } from './object-reader.ts';
import type { Formatter } from './response-format.ts';
import type { ObjectStore } from './store.ts';
import { startWatch, type Watch } from './watch-stream.ts';

const LONGEST_TIMER_S = 2_000_000;

/**
 * Serves a watch as one JSON event a line until the client goes, `timeoutSeconds` are over (a bookmark comes before the
 * end) or the server stops. Throws 504 for a resourceVersion of the future, 400 for a selector that does not parse.
 */
export function serveWatch(
  store: ObjectStore,
  scope: Scope,
  format: Formatter,
  call: HttpCall,
  bookmarkIntervalMs: number,
): void {
  const { response, signal, url } = call;
  const query = url.searchParams;
  const resourceVersion = query.get('resourceVersion') ?? '';
  if (Number(resourceVersion) > store.revision)
    throw tooLargeResourceVersion(Number(resourceVersion), store.revision);
  const backlog: string[] = [];
  let write = (line: string): void => {
    backlog.push(line);
  };
  let watch: Watch | undefined;
  let timers: NodeJS.Timeout[] = [];
  const stop = (): void => {
    watch?.end();
    for (const timer of timers) clearTimeout(timer);
    timers = [];
  };
  const finish = (): void => {
    stop();
    response.end();
  };
  let isExpired = false;
  watch = startWatch(
    store,
    {
      scope,
      ...(resourceVersion === '' ? {} : { resourceVersion }),
      bookmarks: isTrue(query.get('allowWatchBookmarks')),
      sendInitialEvents: isTrue(query.get('sendInitialEvents')),
    },
    (event) => write(`${JSON.stringify(format.event(event))}\n`),
    () => {
      isExpired = true;
    },
  );
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' });
  response.flushHeaders();
  write = (line) => {
    response.write(line);
  };
  for (const line of backlog) write(line);
  if (isExpired) {
    finish();
    return;
  }
  const running = watch;
  const seconds = Math.min(Number(query.get('timeoutSeconds') ?? 0), LONGEST_TIMER_S);
  timers.push(setInterval(() => running.bookmark(), bookmarkIntervalMs));
  if (seconds > 0) {
    timers.push(
      setTimeout(() => {
        running.bookmark();
        finish();
      }, seconds * 1000),
    );
  }
  signal.addEventListener('abort', stop, { once: true });
}

function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1';
}
