import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { selfSignedCertificate } from '../lab/certificate.ts';

/** An API server that knows CanaryAnalyses and AnalysisRuns, and an operator in one. */
export interface ApiStub {
  readonly url: string;
  /** The certificate to trust, PEM. */
  readonly ca: string;
  /** How often it was asked what, `POST canaryanalyses`; a name stands as `GET canaryanalyses/NAME`. */
  readonly requests: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

/**
 * Serves, over TLS as a cluster does, what the plugin asks of an API server: create, get, list, watch and patch.
 * `GET /woken` streams the AnalysisRuns that are patched, NAMESPACE/NAME a line. An analysis in a namespace `reviewer-N` has a reviewer that takes N seconds and promotes; elsewhere it stays open.
 */
export async function startApiStub(): Promise<ApiStub> {
  const { cert, key } = selfSignedCertificate('bench', new Date());
  const analyses = new Map<string, CanaryAnalysis>();
  const watches = new Set<ServerResponse>();
  const listeners = new Set<ServerResponse>();
  const requests = new Map<string, number>();
  /** Lines of a watch; the version of an event is its index and two. */
  const events: string[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let version = 1;

  const store = (analysis: CanaryAnalysis, event: 'ADDED' | 'MODIFIED'): CanaryAnalysis => {
    const stored = {
      ...analysis,
      metadata: { ...analysis.metadata, resourceVersion: String(++version) },
    };
    analyses.set(`${stored.metadata.namespace}/${stored.metadata.name}`, stored);
    const line = `${JSON.stringify({ type: event, object: stored })}\n`;
    events.push(line);
    for (const watch of watches) watch.write(line);
    return stored;
  };

  const create = (analysis: CanaryAnalysis): CanaryAnalysis => {
    const created = new Date().toISOString();
    const metadata = { ...analysis.metadata, uid: `uid-${version}`, creationTimestamp: created };
    const stored = store({ ...analysis, metadata, status: { startTime: created } }, 'ADDED');
    const seconds = /^reviewer-(\d+)$/.exec(stored.metadata.namespace ?? '')?.[1];
    if (seconds !== undefined) {
      const timer = setTimeout(() => {
        timers.delete(timer);
        const status = { ...stored.status, verdict: 'Promote', reason: 'Clean', confidence: 90 } as const;
        store({ ...stored, status }, 'MODIFIED');
      }, Number(seconds) * 1000);
      timers.add(timer);
    }
    return stored;
  };

  const server = createServer({ cert, key }, async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://stub');
    const { namespace = '', plural = '', name } = PATH.exec(pathname)?.groups ?? {};
    const watching = searchParams.get('watch') === 'true';
    const body = await text(request);
    const asked = `${watching ? 'WATCH' : request.method} ${plural}${name === undefined ? '' : '/NAME'}`;
    requests.set(asked, (requests.get(asked) ?? 0) + 1);
    const answer = (status: number, object: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(object));
    };
    const stream = (to: Set<ServerResponse>) => {
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      to.add(response);
      response.on('close', () => to.delete(response));
    };
    if (pathname === '/woken') {
      stream(listeners);
    } else if (plural === 'analysisruns') {
      if (request.method === 'PATCH')
        for (const listener of listeners) listener.write(`${namespace}/${name}\n`);
      const over = { status: { phase: 'Successful' } };
      answer(200, { kind: 'AnalysisRun', metadata: { namespace, name }, ...over });
    } else if (watching) {
      stream(watches);
      const since = Number(searchParams.get('resourceVersion') ?? version);
      for (const line of events.slice(since - 1)) response.write(line);
    } else if (request.method === 'POST') {
      const wanted = JSON.parse(body) as CanaryAnalysis;
      const taken = analyses.has(`${namespace}/${wanted.metadata.name}`);
      if (taken) answer(409, { kind: 'Status', status: 'Failure', reason: 'AlreadyExists', code: 409 });
      else answer(201, create(wanted));
    } else if (name === undefined) {
      answer(200, { metadata: { resourceVersion: String(version) }, items: [...analyses.values()] });
    } else {
      const found = analyses.get(`${namespace}/${name}`);
      if (found === undefined) answer(404, { kind: 'Status', reason: 'NotFound', code: 404 });
      else answer(200, found);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca: cert,
    requests,
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const PATH =
  /^\/apis\/[^/]+\/[^/]+\/(?:namespaces\/(?<namespace>[^/]+)\/)?(?<plural>[^/]+)(?:\/(?<name>[^/]+))?$/;
