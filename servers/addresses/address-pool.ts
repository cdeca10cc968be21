/**
 * Addresses of one IPv4 block, each with one holder. Given out in order and again only when the block is through, so
 * that a late packet or a stale list of endpoints seldom meets a new holder.
 */
export class AddressPool {
  readonly #first: number;
  readonly #count: number;
  readonly #holders = new Map<string, string>();
  /** The same the other way round: a holder that failed to write down what it was given is given it again. */
  readonly #held = new Map<string, Set<string>>();
  #next = 0;

  /** `first` and `count` name the usable addresses. */
  constructor(first: string, count: number) {
    this.#first = toNumber(first);
    this.#count = count;
  }

  /** The holder's address: the one it has, else the next free one. Undefined when the block is full. */
  allocate(holder: string): string | undefined {
    for (const address of this.#held.get(holder) ?? []) return address;
    for (let tries = 0; tries < this.#count; tries += 1) {
      const address = toText(this.#first + this.#next);
      this.#next = (this.#next + 1) % this.#count;
      if (this.#holders.has(address)) continue;
      this.#give(address, holder);
      return address;
    }
    return undefined;
  }

  /** Takes a particular address for a holder. */
  reserve(address: string, holder: string): 'reserved' | 'taken' | 'outside' {
    if (!this.includes(address)) return 'outside';
    const present = this.#holders.get(address);
    if (present !== undefined && present !== holder) return 'taken';
    this.#give(address, holder);
    return 'reserved';
  }

  /** Takes back whatever the holder has. */
  release(holder: string): void {
    for (const address of this.#held.get(holder) ?? []) this.#holders.delete(address);
    this.#held.delete(holder);
  }

  holderOf(address: string): string | undefined {
    return this.#holders.get(address);
  }

  includes(address: string): boolean {
    const offset = toNumber(address) - this.#first;
    return offset >= 0 && offset < this.#count;
  }

  #give(address: string, holder: string): void {
    this.#holders.set(address, holder);
    const held = this.#held.get(holder);
    if (held === undefined) this.#held.set(holder, new Set([address]));
    else held.add(address);
  }
}

/** Pods of a cell: 127.R.0.0/17 without its first sixteen addresses, kept for the machine itself. */
export const podAddresses = (range: number): AddressPool => new AddressPool(`127.${range}.0.16`, 2 ** 15 - 32);

/** Whether an address is one of a cell's Services: 127.R.128.0/17, which the kernel gives out. */
export const isServiceAddress = (range: number, address: string): boolean =>
  new AddressPool(`127.${range}.128.1`, 2 ** 15 - 2).includes(address);

export const podCidr = (range: number): string => `127.${range}.0.0/17`;
export const serviceCidr = (range: number): string => `127.${range}.128.0/17`;
export const apiServiceAddress = (range: number): string => `127.${range}.128.1`;

function toNumber(address: string): number {
  const parts = address.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return -1;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

function toText(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
