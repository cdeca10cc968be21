/**
 * What an image asks to be connected to (`sock_connect` in abi.ts) and what its manifest says it may be (`connect` in
 * manifest.ts): one reading of both for whoever builds, runs or judges.
 */
import { isIP } from 'node:net';

export interface Target {
  /** A name in lower case without a final dot, or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
  /** The egress speaks TLS to the peer. */
  readonly isTls: boolean;
  /** HOST:PORT as a manifest has it: brackets around an IPv6 address. */
  readonly text: string;
}

/** RFC 1035 section 2.3.4, with underscores, which names in the wild have. */
const namePattern = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
const tlsPrefix = 'tls:';
const wildcard = '*.';

const splitPort = (text: string): readonly [host: string, port: number] | undefined => {
  const match = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  return match?.[1] === undefined || port < 1 || port > 65535 ? undefined : [match[1], port];
};

/** Undefined: not a host. */
const normalHost = (text: string): string | undefined => {
  if (text.startsWith('[')) return isIP(text.slice(1, -1)) === 6 ? text.slice(1, -1).toLowerCase() : undefined;
  const name = text.toLowerCase().replace(/\.$/, '');
  // 127.1 and 0x7f.0.0.1 are addresses to some resolvers: a host whose last label is a number is an IPv4 address or nothing.
  if (/(^|\.)(0x[0-9a-f]*|\d+)$/.test(name)) return isIP(name) === 4 ? name : undefined;
  return namePattern.test(name) ? name : undefined;
};

const textOf = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** `HOST:PORT` or `tls:HOST:PORT`; undefined when it is neither. */
export const parseTarget = (text: string): Target | undefined => {
  const isTls = text.startsWith(tlsPrefix);
  const [hostText, port = 0] = splitPort(isTls ? text.slice(tlsPrefix.length) : text) ?? [];
  const host = hostText === undefined ? undefined : normalHost(hostText);
  return host === undefined ? undefined : { host, port, isTls, text: textOf(host, port) };
};

/** Whether a manifest may say this: `HOST:PORT`, or `*.DOMAIN:PORT` for every name below the domain. */
export const isConnectRule = (rule: string): boolean => {
  const [hostText = '', port] = splitPort(rule) ?? [];
  if (port === undefined) return false;
  const host = normalHost(hostText.startsWith(wildcard) ? hostText.slice(wildcard.length) : hostText);
  return host !== undefined && !(hostText.startsWith(wildcard) && isIP(host) !== 0);
};

/** Names are compared without case; a rule never says more than it says: no port ranges, no names above a domain. */
export const isAllowed = ({ host, port }: Target, rules: readonly string[]): boolean =>
  rules.some((rule) => {
    const [hostText = '', rulePort] = splitPort(rule) ?? [];
    if (rulePort !== port) return false;
    if (!hostText.startsWith(wildcard)) return normalHost(hostText) === host;
    const domain = normalHost(hostText.slice(wildcard.length));
    return domain !== undefined && isIP(host) === 0 && isIP(domain) === 0 && host.endsWith(`.${domain}`);
  });
