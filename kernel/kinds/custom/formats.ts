/** String formats a custom resource's schema may name; unknown ones accept everything, as upstream. */
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { labelProblems, subdomainProblems } from '../names.ts';
import { parseQuantity } from '../quantity.ts';

const checks: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': (text) =>
    /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)),
  datetime: (text) => !Number.isNaN(Date.parse(text)),
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)),
  duration: (text) => /^-?(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text) || text === '0',
  byte: (text) => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text),
  uuid: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text),
  ipv4: (text) => isIPv4(text),
  ipv6: (text) => isIPv6(text),
  ip: (text) => isIP(text) !== 0,
  cidr: (text) => {
    const [address = '', bits = ''] = text.split('/');
    const version = isIP(address);
    return version !== 0 && /^\d+$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
  },
  email: (text) => /^[^@\s]+@[^@\s]+$/.test(text),
  hostname: (text) => subdomainProblems(text.toLowerCase()).length === 0,
  uri: (text) => URL.canParse(text),
  mac: (text) => /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(text),
  quantity: (text) => parseQuantity(text) !== undefined,
  'k8s-short-name': (text) => labelProblems(text).length === 0,
  'k8s-long-name': (text) => subdomainProblems(text).length === 0,
};

export function hasFormat(format: string, text: string): boolean {
  return checks[format]?.(text) ?? true;
}
