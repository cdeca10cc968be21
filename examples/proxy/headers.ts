/** Which header fields a proxy passes on, and which are about one of its two connections only (RFC 9110 §7.6.1). */

const hopByHop: readonly string[] = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

const via = '1.1 diatom-proxy';

function endToEnd(headers: Headers): Headers {
  const kept = new Headers(headers);
  const named = (headers.get('connection') ?? '').split(',').map((name) => name.trim());
  for (const name of [...hopByHop, ...named]) {
    // Whatever a peer writes there need not be a name.
    if (/^[\w!#$%&'*+.^`|~-]+$/.test(name)) kept.delete(name);
  }
  kept.append('via', via);
  return kept;
}

/** To the upstream, which learns what the client asked for. */
export function forwardedHeaders(headers: Headers, { host, protocol }: URL): Headers {
  const forwarded = endToEnd(headers);
  forwarded.delete('host');
  // What comes compressed would be decoded on its way.
  forwarded.delete('accept-encoding');
  forwarded.set('x-forwarded-host', host);
  forwarded.set('x-forwarded-proto', protocol.slice(0, -1));
  return forwarded;
}

/** To the client. */
export function returnedHeaders(headers: Headers): Headers {
  const returned = endToEnd(headers);
  // `fetch` decodes what is compressed all the same, and its length is another one then.
  if (returned.has('content-encoding')) {
    returned.delete('content-encoding');
    returned.delete('content-length');
  }
  return returned;
}
