/** URL standard §4.1 URL representation and §4.5 URL serializing. */

export interface UrlRecord {
  /** Without ":". */
  scheme: string;
  username: string;
  password: string;
  /** Serialised; null is none. */
  host: string | null;
  /** null: none, or the scheme's default. */
  port: number | null;
  /** A string is an opaque path. */
  path: string[] | string;
  query: string | null;
  fragment: string | null;
}

/** §4.2 special schemes and their default ports. */
const defaultPorts: Readonly<Record<string, number | null>> = {
  ftp: 21,
  file: null,
  http: 80,
  https: 443,
  ws: 80,
  wss: 443,
};

export const isSpecialScheme = (scheme: string): boolean => Object.hasOwn(defaultPorts, scheme);

export const defaultPort = (scheme: string): number | null =>
  Object.hasOwn(defaultPorts, scheme) ? (defaultPorts[scheme] ?? null) : null;

export const hasCredentials = (url: UrlRecord): boolean => url.username !== '' || url.password !== '';

export const hasOpaquePath = (url: UrlRecord): boolean => typeof url.path === 'string';

/** §4.2 cannot have a username/password/port. */
export const hasNoAuthority = (url: UrlRecord): boolean =>
  url.host === null || url.host === '' || url.scheme === 'file';

/** §4.5 URL path serializer. */
export const serializePath = (url: UrlRecord): string =>
  typeof url.path === 'string' ? url.path : url.path.length === 0 ? '' : `/${url.path.join('/')}`;

/** §4.5 URL serializer. */
export function serialize(url: UrlRecord, withFragment = true): string {
  let text = `${url.scheme}:`;
  if (url.host !== null) {
    text += '//';
    if (hasCredentials(url)) text += `${url.username}${url.password === '' ? '' : `:${url.password}`}@`;
    text += url.host;
    if (url.port !== null) text += `:${url.port}`;
  } else if (typeof url.path !== 'string' && url.path.length > 1 && url.path[0] === '') text += '/.';
  text += serializePath(url);
  if (url.query !== null) text += `?${url.query}`;
  if (withFragment && url.fragment !== null) text += `#${url.fragment}`;
  return text;
}

/** §4.7 Origin, serialised. */
export function originOf(url: UrlRecord, parse: (text: string) => UrlRecord | null): string {
  if (url.scheme === 'blob') {
    const inner = parse(serializePath(url));
    return inner !== null && /^https?$/.test(inner.scheme) ? originOf(inner, parse) : 'null';
  }
  if (!isSpecialScheme(url.scheme) || url.scheme === 'file') return 'null';
  return `${url.scheme}://${url.host ?? ''}${url.port === null ? '' : `:${url.port}`}`;
}
