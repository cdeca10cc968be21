/** What the native tender says first on a connection to the egress: two lines, the slot's policy and what the image wants. */
import type { SlotSpec } from '../instances.ts';

/** Made by the slot's creator and kept by the tender, unread: an egress needs to know no slots. */
export interface SlotPolicy {
  readonly slot: string;
  readonly connect: readonly string[];
  readonly scope: string;
}

export const policyOf = ({ id, manifest, egress }: Pick<SlotSpec, 'id' | 'manifest' | 'egress'>): SlotPolicy => ({
  slot: id,
  connect: manifest.connect,
  scope: egress?.scope ?? '',
});

export const encodePolicy = (policy: SlotPolicy): string => JSON.stringify(policy);

const newline = 10;
/** More than a policy (`limits.egressPolicyBytes`) and a target can be. */
const longestHeaderBytes = 20_000;

export interface Header {
  readonly policy: SlotPolicy;
  /** From the image: anything without a line's end. */
  readonly target: string;
}

const decode = (policyLine: string, target: string): Header => {
  const { slot, connect, scope } = JSON.parse(policyLine) as SlotPolicy;
  return { policy: { slot: String(slot), connect: connect.map(String), scope: String(scope) }, target };
};

/** Takes a connection's first bytes as they come; gives the header once it is whole, and what came behind it. */
export const createHeaderReader = (): ((
  chunk: Buffer,
) => { readonly header: Header; readonly rest: Buffer } | undefined) => {
  let pending: Buffer = Buffer.alloc(0);
  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    const first = pending.indexOf(newline);
    const second = first < 0 ? -1 : pending.indexOf(newline, first + 1);
    if (second < 0) {
      if (pending.length > longestHeaderBytes) throw new RangeError('a header without an end');
      return undefined;
    }
    const header = decode(pending.toString('utf8', 0, first), pending.toString('latin1', first + 1, second));
    return { header, rest: pending.subarray(second + 1) };
  };
};
