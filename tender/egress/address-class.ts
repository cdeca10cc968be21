/**
 * Addresses that no image of a shared machine is connected to whatever its manifest says: they lead to the machine itself or
 * to services that hand out its rights. IPv4 addresses inside of IPv6 ones count as what they are.
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

interface Row {
  readonly what: string;
  readonly networks: readonly (readonly [address: string, prefix: number])[];
}

/** IANA's registries of special-purpose addresses; metadata services by their providers' documentation. */
const rows: readonly Row[] = [
  {
    what: 'a loopback address of the machine',
    networks: [
      ['127.0.0.0', 8],
      ['::1', 128],
    ],
  },
  {
    what: 'a link-local address, where metadata services are',
    networks: [
      ['169.254.0.0', 16],
      ['fe80::', 10],
    ],
  },
  {
    what: 'a metadata service',
    networks: [
      ['100.100.100.200', 32],
      ['168.63.129.16', 32],
      ['192.0.0.192', 32],
      ['fd00:ec2::254', 128],
    ],
  },
  {
    what: 'the unspecified address',
    networks: [
      ['0.0.0.0', 8],
      ['::', 128],
    ],
  },
  {
    what: 'a multicast or reserved address',
    networks: [
      ['224.0.0.0', 4],
      ['240.0.0.0', 4],
      ['ff00::', 8],
    ],
  },
];

const lists = rows.map(({ what, networks }) => {
  const list = new BlockList();
  for (const [address, prefix] of networks) list.addSubnet(address, prefix, isIPv4(address) ? 'ipv4' : 'ipv6');
  return { what, list };
});

/** IPv4-compatible and mapped (RFC 4291 section 2.5.5), NAT64 (RFC 6052), 6to4 (RFC 3056): where the IPv4 address starts. */
const embeddings: readonly { readonly prefix: readonly number[]; readonly at: number }[] = [
  { prefix: [0, 0, 0, 0, 0, 0], at: 6 },
  { prefix: [0, 0, 0, 0, 0, 0xffff], at: 6 },
  { prefix: [0x64, 0xff9b, 0, 0, 0, 0], at: 6 },
  { prefix: [0x2002], at: 1 },
];

const groupsOf = (address: string): readonly number[] => {
  // The URL parser writes an address in its canonical form, with an embedded IPv4 address as hex.
  const canonical = new URL(`http://[${address.split('%', 1)[0]}]/`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const parse = (text: string): readonly number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [front, back] = [parse(head), parse(tail ?? '')];
  return [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
};

/** The IPv4 address in an IPv6 one; undefined: none. */
const embedded = (address: string): string | undefined => {
  const groups = groupsOf(address);
  const found = embeddings.find(({ prefix }) => prefix.every((group, index) => groups[index] === group));
  if (found === undefined) return undefined;
  const [high = 0, low = 0] = groups.slice(found.at);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
};

/** What a forbidden address is, in words; undefined: a usual one. */
export const forbiddenAddress = (address: string): string | undefined => {
  if (isIPv4(address)) return lists.find(({ list }) => list.check(address, 'ipv4'))?.what;
  if (!isIPv6(address)) return 'no address';
  const plain = address.split('%', 1)[0] ?? '';
  const own = lists.find(({ list }) => list.check(plain, 'ipv6'))?.what;
  if (own !== undefined) return own;
  const inside = embedded(plain);
  return inside === undefined ? undefined : forbiddenAddress(inside);
};
