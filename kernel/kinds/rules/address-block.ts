/** Blocks of addresses: `10.0.0.0/8`, `2001:db8::/32`. */
import { BlockList, isIP } from 'node:net';

const longestPrefix: ReadonlyMap<number, number> = new Map([
  [4, 32],
  [6, 128],
]);

function partsOf(
  text: string,
): { readonly address: string; readonly prefix: number; readonly family: number } | undefined {
  const [address = '', prefix = '', ...rest] = text.split('/');
  const family = isIP(address);
  const longest = longestPrefix.get(family);
  if (rest.length > 0 || longest === undefined || !/^\d{1,3}$/.test(prefix) || Number(prefix) > longest)
    return undefined;
  return { address, prefix: Number(prefix), family };
}

export const isAddressBlock = (text: string): boolean => partsOf(text) !== undefined;

/** True when every address of `inner` is one of `outer`. */
export function containsBlock(outer: string, inner: string): boolean {
  const [around, within] = [partsOf(outer), partsOf(inner)];
  if (around === undefined || within === undefined || around.family !== within.family) return false;
  if (within.prefix < around.prefix) return false;
  const type = around.family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(around.address, around.prefix, type);
  return list.check(within.address, type);
}
