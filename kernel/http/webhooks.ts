/**
 * Calls to webhooks (apiserver pkg/util/webhook/client.go): HTTPS to a URL or to a Service, whose address is looked up at
 * each call; the certificate has to be signed by the authority the configuration names, for the Service's name.
 */
import { request } from 'node:https';
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../kinds/json.ts';
import type { ServiceReference, WebhookClient } from '../kinds/webhook-client.ts';
import { resourcePrefix } from '../store/keys.ts';
import type { Store } from '../store/store.ts';

/** Resolves with the answer's JSON object; rejects with what went wrong, in one sentence. */
export type CallWebhook = (
  client: WebhookClient,
  body: JsonRecord,
  timeoutMs: number,
  mostAnswerBytes?: number,
) => Promise<JsonRecord>;

const longestAnswerBytes = 32 * 1024 * 1024;

export function createWebhookCaller(store: Store): CallWebhook {
  return async (client, body, timeoutMs) => {
    const { target, certificateAuthority } = client;
    const url = 'url' in target ? new URL(target.url) : serviceUrl(target.service);
    const place =
      'url' in target
        ? { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port || '443' }
        : addressOf(store, target.service);
    const text = await post({
      url,
      host: place.host,
      port: Number(place.port),
      timeoutMs,
      ...(certificateAuthority === '' ? {} : { ca: certificateAuthority }),
      body: JSON.stringify(body),
    });
    const answer: unknown = JSON.parse(text);
    if (!isRecord(answer)) throw new Error(`Post ${JSON.stringify(url.href)}: the answer is no JSON object`);
    return answer;
  };
}

function serviceUrl({ name, namespace, port, path }: ServiceReference): URL {
  return new URL(`https://${name}.${namespace}.svc:${port}${path.startsWith('/') ? path : `/${path}`}`);
}

/** Where a Service's port is served (apiserver pkg/util/proxy/proxy.go, ResolveCluster). */
function addressOf(store: Store, { name, namespace, port }: ServiceReference): { host: string; port: number } {
  const stored = store.get(resourcePrefix('', 'services', namespace) + name);
  if (stored === undefined) throw new Error(`service ${JSON.stringify(name)} not found`);
  const service = JSON.parse(stored.value) as JsonRecord;
  const type = stringAt(service, 'spec', 'type');
  if (type === 'ExternalName') return { host: stringAt(service, 'spec', 'externalName'), port };
  if (!recordsAt(service, 'spec', 'ports').some((item) => item.port === port))
    throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`);
  const host = stringAt(recordAt(service, 'spec'), 'clusterIP');
  if (host === '' || host === 'None') throw new Error(`service ${JSON.stringify(name)} has no address to call`);
  return { host, port };
}

interface Post {
  readonly url: URL;
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly ca?: string;
  readonly body: string;
}

function post({ url, host, port, timeoutMs, ca, body }: Post): Promise<string> {
  const what = `Post ${JSON.stringify(`${url.href}?timeout=${timeoutMs / 1000}s`)}`;
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`${what}: ${why}`));
    const outgoing = request(
      {
        host,
        port,
        path: `${url.pathname}?timeout=${timeoutMs / 1000}s`,
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json', host: url.host },
        ...(ca === undefined ? {} : { ca }),
        // An address is no name for SNI; the certificate then has to name the address.
        ...(/^[\d.]+$|:/.test(url.hostname) ? {} : { servername: url.hostname }),
        signal: AbortSignal.timeout(timeoutMs),
        agent: false,
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        let size = 0;
        incoming.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > longestAnswerBytes)
            incoming.destroy(new Error(`the answer is longer than ${longestAnswerBytes} bytes`));
          else chunks.push(chunk);
        });
        incoming.on('error', (error) => fail(error.message));
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const { statusCode = 0 } = incoming;
          if (statusCode >= 200 && statusCode < 300) resolve(text);
          else fail(`the server answered ${statusCode}: ${text.slice(0, 200)}`);
        });
      },
    );
    outgoing.on('error', (error) =>
      fail(error.name === 'AbortError' || error.name === 'TimeoutError' ? 'context deadline exceeded' : error.message),
    );
    outgoing.end(body);
  });
}
