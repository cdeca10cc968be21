/**
 * Addresses of Services. The blocks they come from are the cluster's ServiceCIDRs, an address is held by whoever the
 * IPAddress of its name belongs to: both are read where a write is decided, so nothing is to be kept in step.
 */
import { type JsonRecord, recordAt, recordsAt, stringAt } from '../kinds/json.ts';
import { objectKey, resourcePrefix } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import { type Block, blockOf, canonical, contains, type Family, familyOf, toNumber, toText } from './address.ts';

const group = 'networking.k8s.io';
const blocksPrefix = resourcePrefix(group, 'servicecidrs');
export const addressesPrefix = resourcePrefix(group, 'ipaddresses');
/** The ServiceCIDR that is the kernel's own. */
export const defaultBlocksName = 'kubernetes';

export const addressKey = (address: string): string =>
  objectKey({ group, resource: 'ipaddresses', name: canonical(address) });

/** Looked up one by one first: in a block that is not nearly full one of so many is free. */
const probes = 32n;

export class AddressPool {
  readonly #store: Store;
  readonly #parse: (text: string) => JsonRecord;
  readonly #defaults: readonly string[];
  /** Those the kernel was started with, the default one first. */
  readonly families: readonly Family[];

  constructor(store: Store, parse: (text: string) => JsonRecord, defaults: readonly string[]) {
    this.#store = store;
    this.#parse = parse;
    this.#defaults = defaults;
    this.families = defaults.flatMap((text) => {
      const block = blockOf(text);
      if (block === undefined) throw new Error(`${text} is no block of addresses; Services need one as 10.0.0.0/24`);
      return [block.family];
    });
    if (defaults.length === 0) throw new Error('Services need a block of addresses, as 10.0.0.0/24');
    if (new Set(this.families).size !== defaults.length)
      throw new Error(`${defaults.join(' and ')} are of one family; Services have one block of each`);
  }

  /** Why nobody can have this address now. */
  problemWith(address: string): string | undefined {
    const value = toNumber(address);
    const family = familyOf(address);
    const isServed = this.#blocks().some((block) => block.family === family && contains(block, value));
    if (!isServed) return 'the provided network does not match the current range';
    return this.#isFree(address) ? undefined : 'provided IP is already allocated';
  }

  /** A free address, searched for from a random one on; undefined when there is none. `draw`: 0 ≤ x < 1 */
  next(family: Family, draw: number): string | undefined {
    for (const block of this.#blocks()) {
      if (block.family !== family) continue;
      const found =
        this.#nextIn(family, block.firstChosen, block.last, draw) ??
        this.#nextIn(family, block.first, block.firstChosen - 1n, draw);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #nextIn(family: Family, first: bigint, last: bigint, draw: number): string | undefined {
    const count = last - first + 1n;
    if (count <= 0n) return undefined;
    // A double's 53 bits are chance enough also in a block of 2^64.
    const start = (count * BigInt(Math.floor(draw * 2 ** 53))) >> 53n;
    const at = (step: bigint): string => toText(first + ((start + step) % count), family);
    for (let step = 0n; step < count && step < probes; step += 1n) if (this.#isFree(at(step))) return at(step);
    const taken = new Set(this.#store.list(addressesPrefix).items.map(({ key }) => key));
    for (let step = probes; step < count; step += 1n) if (!taken.has(addressKey(at(step)))) return at(step);
    return undefined;
  }

  #isFree(address: string): boolean {
    return this.#store.get(addressKey(address)) === undefined;
  }

  #blocks(): readonly Block[] {
    const { items } = this.#store.list(blocksPrefix);
    // Until the kernel has published its own.
    const isPublished = items.some(({ key }) => key === blocksPrefix + defaultBlocksName);
    const texts = new Set(isPublished ? [] : this.#defaults);
    for (const { value } of items) {
      const object = this.#parse(value);
      if (!isReady(object)) continue;
      for (const text of recordAt(object, 'spec').cidrs as readonly unknown[]) texts.add(String(text));
    }
    return [...texts].flatMap((text) => blockOf(text) ?? []);
  }
}

/** One that nobody has judged is ready: there may be no controller that does (ipallocator/cidrallocator.go). */
function isReady(object: JsonRecord): boolean {
  if (stringAt(object, 'metadata', 'deletionTimestamp') !== '') return false;
  const ready = recordsAt(object, 'status', 'conditions').find(({ type }) => type === 'Ready');
  return ready === undefined || ready.status === 'True';
}
