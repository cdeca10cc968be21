/** URLs, IP addresses and CIDR blocks (apiserver pkg/cel/library/{urls,ip,cidr}.go). */
import { isIP } from 'node:net';
import { global, member, type Overload, prices, traverse } from '../overload.ts';
import { bool, int, listOf, mapOf, opaque, string } from '../type.ts';
import { CelError, literalMap, Opaque, type Value } from '../value.ts';

// ---- URL -----------------------------------------------------------------------------------------------------------

const urlType = opaque('kubernetes.URL');

/** Parts as Go's net/url has them: nothing is normalised. */
class UrlValue extends Opaque {
  readonly typeName = 'kubernetes.URL';
  readonly text: string;
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;

  constructor(text: string, scheme: string, host: string, path: string, query: string) {
    super();
    this.text = text;
    this.scheme = scheme;
    this.host = host;
    this.path = path;
    this.query = query;
  }

  equals(other: Opaque): boolean {
    return other instanceof UrlValue && other.text === this.text;
  }
}

const urlPattern = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/(?:[^@/?#]*@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/;
const hostPattern = /^(?:\[[0-9a-fA-F:.]+(?:%25[^\]]*)?\]|[^\s:[\]<>"{}|\\^`]*)(?::\d*)?$/;

/** url.ParseRequestURI: absolute, or a path. */
function parseUrl(text: string): UrlValue | undefined {
  const match = urlPattern.exec(text);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
  if (match === null || /[\x00-\x20\x7f]/.test(text) || /%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  const [, scheme = '', host = '', path = '', query = ''] = match;
  if (scheme === '' && !text.startsWith('/')) return undefined;
  if (scheme !== '' && host === '' && !text.slice(scheme.length + 1).startsWith('/')) return undefined;
  return hostPattern.test(host) ? new UrlValue(text, scheme.toLowerCase(), host, path, query) : undefined;
}

function toUrl(text: string): UrlValue {
  const url = parseUrl(text);
  if (url === undefined)
    throw new CelError(
      `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
    );
  return url;
}

const portOf = (host: string): string => /:(\d*)$/.exec(host.replace(/^\[.*\]/, ''))?.[1] ?? '';
const nameOf = (host: string): string =>
  host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:\d*$/, '');
const escapePath = (path: string): string =>
  path.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/gu, (point) => encodeURIComponent(point));

function queryOf(query: string): Value {
  const values = new Map<string, string[]>();
  for (const [key, value] of new URLSearchParams(query)) {
    const known = values.get(key);
    if (known === undefined) values.set(key, [value]);
    else known.push(value);
  }
  return literalMap(values);
}

const { first } = prices;

const urls: readonly Overload[] = [
  global('url', [string], urlType, toUrl, prices.firstKept),
  // Upstream has no price for it.
  global('isURL', [string], bool, (text: string) => parseUrl(text) !== undefined),
  member('getScheme', [urlType], string, ({ scheme }: UrlValue) => scheme),
  member('getHost', [urlType], string, ({ host }: UrlValue) => host),
  member('getHostname', [urlType], string, ({ host }: UrlValue) => nameOf(host)),
  member('getPort', [urlType], string, ({ host }: UrlValue) => portOf(host)),
  member('getEscapedPath', [urlType], string, ({ path }: UrlValue) => escapePath(path)),
  member('getQuery', [urlType], mapOf(string, listOf(string)), ({ query }: UrlValue) => queryOf(query)),
];

// ---- addresses -----------------------------------------------------------------------------------------------------

const ipType = opaque('net.IP');
const cidrType = opaque('net.CIDR');

interface Address {
  readonly family: 4 | 6;
  readonly bits: bigint;
}

function parseAddress(text: string): Address | undefined {
  const family = isIP(text);
  if (family === 0 || text.includes('%')) return undefined;
  if (family === 4) {
    const parts = text.split('.');
    return { family: 4, bits: parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n) };
  }
  // An IPv4 tail is two groups; Kubernetes takes no IPv4-mapped addresses.
  const plain = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    const hex = (high: string, low: string): string => (Number(high) * 256 + Number(low)).toString(16);
    return `${hex(a, b)}:${hex(c, d)}`;
  });
  const [head = '', tail] = plain.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const [left, right] = [groups(head), groups(tail ?? '')];
  const all = [...left, ...Array<string>(tail === undefined ? 0 : 8 - left.length - right.length).fill('0'), ...right];
  const bits = all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
  return bits >> 32n === 0xffffn ? undefined : { family: 6, bits };
}

/** RFC 5952. */
function printAddress({ family, bits }: Address): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => Number((bits >> BigInt(112 - index * 16)) & 0xffffn));
  let [start, length] = [-1, 1];
  for (let from = 0; from < 8; from++) {
    let size = 0;
    while (from + size < 8 && groups[from + size] === 0) size++;
    if (size > length) [start, length] = [from, size];
  }
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return start < 0 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

class IpValue extends Opaque {
  readonly typeName = 'net.IP';
  readonly address: Address;
  constructor(address: Address) {
    super();
    this.address = address;
  }
  equals(other: Opaque): boolean {
    return (
      other instanceof IpValue &&
      other.address.family === this.address.family &&
      other.address.bits === this.address.bits
    );
  }
}

class CidrValue extends Opaque {
  readonly typeName = 'net.CIDR';
  readonly address: Address;
  readonly prefix: number;
  constructor(address: Address, prefix: number) {
    super();
    this.address = address;
    this.prefix = prefix;
  }
  equals(other: Opaque): boolean {
    return other instanceof CidrValue && print(other) === print(this);
  }
}

const width = ({ family }: Address): number => (family === 4 ? 32 : 128);
const print = ({ address, prefix }: CidrValue): string => `${printAddress(address)}/${prefix}`;

function masked(address: Address, prefix: number): Address {
  const shift = BigInt(width(address) - prefix);
  return { family: address.family, bits: (address.bits >> shift) << shift };
}

function toIp(text: string): IpValue {
  const address = parseAddress(text);
  if (address === undefined)
    throw new CelError(
      `IP Address ${JSON.stringify(text)} parse error during conversion from string: not an IP address`,
    );
  return new IpValue(address);
}

function parseCidr(text: string): CidrValue | undefined {
  const match = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const address = parseAddress(match?.[1] ?? '');
  const prefix = Number(match?.[2]);
  return address === undefined || prefix > width(address) ? undefined : new CidrValue(address, prefix);
}

function toCidr(text: string): CidrValue {
  const cidr = parseCidr(text);
  if (cidr === undefined)
    throw new CelError(`network address parse error during conversion from string: ${JSON.stringify(text)}`);
  return cidr;
}

function holds(block: CidrValue, address: Address, prefix: number): boolean {
  return (
    block.address.family === address.family &&
    prefix >= block.prefix &&
    masked(address, block.prefix).bits === masked(block.address, block.prefix).bits
  );
}

const inBlock = (block: string) => {
  const parsed = toCidr(block);
  return ({ address }: IpValue): boolean => holds(parsed, address, width(address));
};
const anyOf = (...blocks: readonly string[]) => {
  const checks = blocks.map(inBlock);
  return (ip: IpValue): boolean => checks.some((check) => check(ip));
};

const isUnspecified = ({ address }: IpValue): boolean => address.bits === 0n;
const isLoopback = anyOf('127.0.0.0/8', '::1/128');
const isLinkLocalMulticast = (ip: IpValue): boolean =>
  anyOf('224.0.0.0/24')(ip) || (ip.address.family === 6 && ((ip.address.bits >> 112n) & 0xff0fn) === 0xff02n);
const isLinkLocalUnicast = anyOf('169.254.0.0/16', 'fe80::/10');
const isMulticast = anyOf('224.0.0.0/4', 'ff00::/8');
const isBroadcast = inBlock('255.255.255.255/32');
const isGlobalUnicast = (ip: IpValue): boolean =>
  ![isUnspecified, isLoopback, isMulticast, isLinkLocalUnicast, isBroadcast].some((check) => check(ip));

function isCanonical(text: string): boolean {
  return printAddress(toIp(text).address) === text;
}

/** Comparing addresses, and reading the text of one of them. */
const costs = (comparison: number, isText = false) => ({
  cost: (sizes: readonly number[]): number => comparison + (isText ? traverse(sizes, 1) : 0),
});

const addresses: readonly Overload[] = [
  global('ip', [string], ipType, toIp, first),
  global('isIP', [string], bool, (text: string) => parseAddress(text) !== undefined, first),
  global('ip.isCanonical', [string], bool, isCanonical, { cost: (sizes) => Math.ceil((sizes[0] ?? 1) * 0.2) }),
  global('string', [ipType], string, ({ address }: IpValue) => printAddress(address)),
  member('family', [ipType], int, ({ address }: IpValue) => BigInt(address.family)),
  member('isUnspecified', [ipType], bool, isUnspecified),
  member('isLoopback', [ipType], bool, isLoopback),
  member('isLinkLocalMulticast', [ipType], bool, isLinkLocalMulticast),
  member('isLinkLocalUnicast', [ipType], bool, isLinkLocalUnicast),
  member('isGlobalUnicast', [ipType], bool, isGlobalUnicast),
  global('cidr', [string], cidrType, toCidr, first),
  global('isCIDR', [string], bool, (text: string) => parseCidr(text) !== undefined, first),
  global('string', [cidrType], string, print),
  member(
    'containsIP',
    [cidrType, ipType],
    bool,
    (block: CidrValue, { address }: IpValue) => holds(block, address, width(address)),
    costs(4),
  ),
  member(
    'containsIP',
    [cidrType, string],
    bool,
    (block: CidrValue, text: string) => holds(block, toIp(text).address, 128),
    costs(4, true),
  ),
  member(
    'containsCIDR',
    [cidrType, cidrType],
    bool,
    (block: CidrValue, other: CidrValue) => holds(block, other.address, other.prefix),
    costs(7),
  ),
  member(
    'containsCIDR',
    [cidrType, string],
    bool,
    (block: CidrValue, text: string) => holds(block, toCidr(text).address, toCidr(text).prefix),
    costs(7, true),
  ),
  member('ip', [cidrType], ipType, ({ address }: CidrValue) => new IpValue(address)),
  member(
    'masked',
    [cidrType],
    cidrType,
    ({ address, prefix }: CidrValue) => new CidrValue(masked(address, prefix), prefix),
  ),
  member('prefixLength', [cidrType], int, ({ prefix }: CidrValue) => BigInt(prefix)),
];

export const network: readonly Overload[] = [...urls, ...addresses];
