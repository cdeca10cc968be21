/**
 * An API server of the kind that is aggregated, as small as it can be: one resource kept in memory, with list, watch and
 * writes. It believes only who shows a front-proxy certificate, and remembers who it was told is asking.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { issue } from '@diatom/kernel/certificates';
import type { Body } from './rig.ts';

export interface SampleResource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly user: string;
  readonly groups: readonly string[];
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface SampleApiServer extends AsyncDisposable {
  readonly port: number;
  /** PEM that has signed its certificate. */
  readonly authority: string;
  readonly asked: Asked[];
  readonly objects: Map<string, Body>;
}

const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };

interface State {
  readonly resources: readonly SampleResource[];
  readonly asked: Asked[];
  readonly objects: Map<string, Body>;
  readonly watchers: Set<ServerResponse>;
  revision: number;
}

export async function startSampleApiServer(
  serviceName: string,
  frontProxyAuthority: string,
  resources: readonly SampleResource[],
): Promise<SampleApiServer> {
  const authority = issue({ subject: { commonName: 'sample-ca' }, usage: 'authority', ...validity });
  const own = issue(
    { subject: { commonName: serviceName }, usage: 'server', alternativeNames: [serviceName], ...validity },
    authority,
  );
  const state: State = { resources, asked: [], objects: new Map(), watchers: new Set(), revision: 1 };
  const tls = { key: own.key, cert: own.certificate, ca: frontProxyAuthority, requestCert: true };
  const server = createServer({ ...tls, rejectUnauthorized: false }, (request, response) => {
    serve(state, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    authority: authority.certificate,
    asked: state.asked,
    objects: state.objects,
    [Symbol.asyncDispose]: () => close(server),
  };
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

const status = (code: number, reason: string, message: string) => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  code,
  reason,
  message,
});

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const send = (code: number, body: object): void => {
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  const socket = request.socket as TLSSocket;
  if (!socket.authorized || socket.getPeerCertificate().subject.CN !== 'front-proxy-client')
    return send(401, status(401, 'Unauthorized', 'show a certificate of the front proxy'));
  const url = new URL(request.url ?? '/', 'https://sample');
  const { 'x-remote-user': user = '', 'x-remote-group': groups = '' } = request.headers;
  state.asked.push({
    method: request.method ?? '',
    path: request.url ?? '',
    user: String(user),
    groups: String(groups).split(', '),
    headers: request.headers,
  });
  const [first] = state.resources;
  const base = first === undefined ? '' : `${first.group}/${first.version}`;
  if (url.pathname === `/apis/${base}`) return send(200, resourceList(base, state.resources));
  if (url.pathname === '/openapi/v2') return send(200, swagger(first));
  if (url.pathname === `/openapi/v3/apis/${base}`)
    return send(200, {
      openapi: '3.0.0',
      info: { title: 'sample', version: 'v1' },
      paths: {},
      components: { schemas: {} },
    });
  const [, namespace = '', plural = '', name = ''] =
    new RegExp(`^/apis/${base}/(?:namespaces/([^/]+)/)?([^/]+)(?:/([^/]+))?$`).exec(url.pathname) ?? [];
  const resource = state.resources.find((each) => each.plural === plural);
  if (resource === undefined) return send(404, status(404, 'NotFound', `no ${url.pathname}`));
  const prefix = `${plural}/${namespace === '' ? '' : `${namespace}/`}`;
  const listed = [...state.objects].filter(([key]) => key.startsWith(prefix)).map(([, object]) => object);
  const key = `${prefix}${name}`;
  switch (request.method) {
    case 'GET': {
      if (url.searchParams.get('watch') === 'true') {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.flushHeaders();
        state.watchers.add(response);
        response.once('close', () => state.watchers.delete(response));
        return;
      }
      if (name === '')
        return send(200, {
          kind: `${resource.kind}List`,
          apiVersion: base,
          metadata: { resourceVersion: String(state.revision) },
          items: listed,
        });
      const found = state.objects.get(key);
      return found === undefined ? send(404, status(404, 'NotFound', `${name} not found`)) : send(200, found);
    }
    case 'POST': {
      const object = JSON.parse(await readText(request)) as { metadata: { name: string } };
      return send(201, store(state, `${prefix}${object.metadata.name}`, namespace, object, 'ADDED'));
    }
    case 'PUT':
    case 'PATCH': {
      const change = JSON.parse(await readText(request)) as Body;
      const before = state.objects.get(key) ?? {};
      const metadata = { ...(before.metadata as object), ...(change.metadata as object) };
      return send(200, store(state, key, namespace, { ...before, ...change, metadata }, 'MODIFIED'));
    }
    default: {
      const gone = name === '' ? [...state.objects.keys()].filter((each) => each.startsWith(prefix)) : [key];
      for (const each of gone) {
        const object = state.objects.get(each);
        state.objects.delete(each);
        if (object !== undefined) tell(state, 'DELETED', object);
      }
      return send(200, { kind: 'Status', apiVersion: 'v1', status: 'Success' });
    }
  }
}

function store(state: State, key: string, namespace: string, object: object, type: string): Body {
  const metadata = {
    ...(object as { metadata?: object }).metadata,
    ...(namespace === '' ? {} : { namespace }),
    uid: key,
    resourceVersion: String(++state.revision),
  };
  const stored = { ...object, metadata };
  state.objects.set(key, stored);
  tell(state, type, stored);
  return stored;
}

function tell(state: State, type: string, object: Body): void {
  for (const watcher of state.watchers) watcher.write(`${JSON.stringify({ type, object })}\n`);
}

const resourceList = (groupVersion: string, resources: readonly SampleResource[]) => ({
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion,
  resources: resources.map(({ plural, kind, namespaced, verbs }) => ({
    name: plural,
    singularName: kind.toLowerCase(),
    namespaced,
    kind,
    verbs,
  })),
});

function swagger(resource: SampleResource | undefined) {
  const gvk = { group: resource?.group, version: resource?.version, kind: resource?.kind };
  const schema = { type: 'object', description: 'A sample.', 'x-kubernetes-group-version-kind': [gvk] };
  return {
    swagger: '2.0',
    info: { title: 'sample', version: 'v1' },
    paths: {},
    definitions: { [`com.example.${resource?.kind}`]: schema },
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}
