import { defaultPort, type UrlRecord } from './record.ts';

interface Authority {
  readonly host: string;
  readonly port: number | null;
}

/** A lower-case DNS name whose last label starts with a letter, and a port. */
const plainAuthority = /^((?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*)(?::([0-9]{1,5}))?$/;

/** Characters that no state of the parser encodes, drops or takes for something else in path, query and fragment. */
const plainRest = /^[!#-&(-;=?-[\]_a-z|~]*$/;

const dotSegment = /\/(?:\.|%2e){1,2}(?:[/?#]|$)/i;

/** A server sees few authorities, most often one. Bounded, as they come from outside. */
const known = new Map<string, Authority>();
const knownLimit = 64;
const knownLength = 100;

function authorityOf(text: string, scheme: string): Authority | null {
  const key = `${scheme}${text}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const match = plainAuthority.exec(text);
  if (match === null) return null;
  const [, host = '', portText] = match;
  const port = portText === undefined ? null : Number(portText);
  if (port !== null && port > 65_535) return null;
  const authority = { host, port: port === defaultPort(scheme) ? null : port };
  if (key.length <= knownLength && known.size < knownLimit) known.set(key, authority);
  return authority;
}

/**
 * A URL as servers see them: http(s), a plain authority, a path, and nothing that needs a second look; null for all
 * others. One match instead of a step per character: 2 µs against 20 µs for a URL of 40 characters in the engine.
 */
export function parsePlain(text: string): UrlRecord | null {
  const scheme = text.startsWith('http://') ? 'http' : text.startsWith('https://') ? 'https' : null;
  if (scheme === null) return null;
  const authorityAt = scheme.length + 3;
  const pathAt = text.indexOf('/', authorityAt);
  if (pathAt < 0) return null;
  const authority = authorityOf(text.slice(authorityAt, pathAt), scheme);
  if (authority === null || !plainRest.test(text.slice(pathAt))) return null;
  // Dots and escapes are rare enough to look for before the costlier match.
  if ((text.includes('/.', pathAt) || text.includes('%2', pathAt)) && dotSegment.test(text)) return null;
  const hashAt = text.indexOf('#', pathAt);
  const end = hashAt < 0 ? text.length : hashAt;
  const queryAt = text.indexOf('?', pathAt);
  const hasQuery = queryAt >= 0 && queryAt < end;
  return {
    scheme,
    username: '',
    password: '',
    host: authority.host,
    port: authority.port,
    path: text.slice(pathAt + 1, hasQuery ? queryAt : end).split('/'),
    query: hasQuery ? text.slice(queryAt + 1, end) : null,
    fragment: hashAt < 0 ? null : text.slice(hashAt + 1),
  };
}
