/** For tests: an HTTPS server that answers AdmissionReviews by path, as upstream's agnhost does. */
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { issue } from '@diatom/kernel/certificates';

export interface ReviewRequest {
  readonly uid: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly requestKind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string };
  readonly subResource?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly operation: string;
  readonly userInfo: { readonly username: string };
  readonly object: Json | null;
  readonly oldObject: Json | null;
  readonly dryRun: boolean;
  readonly options: Json | null;
}

export type Json = Readonly<Record<string, unknown>> & { readonly metadata?: Json };

export interface Verdict {
  readonly allowed: boolean;
  readonly status?: object;
  /** Operations of a JSON patch. */
  readonly patch?: readonly object[];
  readonly warnings?: readonly string[];
}

export type Answerer = (request: ReviewRequest) => Verdict | Promise<Verdict>;

export interface WebhookServer extends AsyncDisposable {
  readonly port: number;
  /** Base64, as caBundle wants it. */
  readonly caBundle: string;
  readonly seen: ReviewRequest[];
  /** Of a configuration: by URL. */
  client(path: string): { readonly url: string; readonly caBundle: string };
  /** Another body than a review, for answers that are wrong. */
  raw: Map<string, (request: ReviewRequest) => string>;
}

const validity = () => ({ notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) });

export async function serveWebhooks(
  answerers: Readonly<Record<string, Answerer>>,
  names: readonly string[] = [],
): Promise<WebhookServer> {
  const authority = issue({ subject: { commonName: 'webhooks' }, usage: 'authority', ...validity() });
  const alternativeNames = ['127.0.0.1', ...names];
  const own = issue(
    { subject: { commonName: 'webhook' }, usage: 'server', alternativeNames, ...validity() },
    authority,
  );
  const seen: ReviewRequest[] = [];
  const raw: WebhookServer['raw'] = new Map();
  const server = createServer({ key: own.key, cert: own.certificate }, async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const review = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
      readonly apiVersion: string;
      readonly request: ReviewRequest;
    };
    const path = (incoming.url ?? '').split('?')[0] ?? '';
    seen.push(review.request);
    const text = raw.get(path)?.(review.request);
    const answerer = answerers[path];
    if (text !== undefined) response.end(text);
    else if (answerer === undefined) response.writeHead(404).end();
    else response.end(JSON.stringify(await reviewed(review, answerer)));
  });
  await listening(server);
  const { port } = server.address() as AddressInfo;
  const caBundle = Buffer.from(authority.certificate).toString('base64');
  return {
    port,
    caBundle,
    seen,
    raw,
    client: (path) => ({ url: `https://127.0.0.1:${port}${path}`, caBundle }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const listening = (server: Server): Promise<void> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve()));

async function reviewed(
  { apiVersion, request }: { readonly apiVersion: string; readonly request: ReviewRequest },
  answerer: Answerer,
): Promise<object> {
  const { patch, ...verdict } = await answerer(request);
  const change =
    patch === undefined ? {} : { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
  return { apiVersion, kind: 'AdmissionReview', response: { uid: request.uid, ...verdict, ...change } };
}
