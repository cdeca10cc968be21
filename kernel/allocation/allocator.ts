/**
 * What all objects of a cluster share and each is given a part of: addresses and ports of Services. An object is filled
 * in where its write is decided, and what it takes or gives back changes hands in the same transaction: clients read an
 * address from the answer to their create, and no two writes ever get the same one. Which kinds take part, and how, say
 * their rules (`KindRules.allocation`).
 */
import { randomUUID } from 'node:crypto';
import { type JsonRecord, recordAt, stringAt } from '../kinds/json.ts';
import type { Grants, Holdings, Kind, KindAllocation } from '../kinds/kind.ts';
import { resourcePrefix } from '../store/keys.ts';
import type { ChangeBeside, Store } from '../store/store.ts';
import { canonical, familyOf } from './address.ts';
import { AddressPool, addressesPrefix, addressKey } from './address-pool.ts';
import { PortPool, type PortRange } from './port-pool.ts';

export interface AllocatorOptions {
  readonly store: Store;
  readonly kinds: readonly Kind[];
  /** IPAddress, in which addresses are recorded. */
  readonly addressKind: Kind;
  /** The text to store for an object at a revision. */
  readonly serialise: (kind: Kind, object: JsonRecord, revision: number) => string;
  readonly parse: (text: string) => JsonRecord;
  /** Blocks of addresses, at most one of each family, the default one first. */
  readonly blocks: readonly string[];
  readonly ports: PortRange;
  readonly isPortInUse: (port: number) => boolean;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}

/** What a write moves. */
export interface Exchange {
  readonly beside: readonly ChangeBeside[];
  /** Ports have changed hands with the write that was just decided; `undo` when it is not stored after all. */
  readonly undo: () => void;
}

interface Row {
  readonly kind: Kind;
  readonly prefix: string;
  readonly allocation: KindAllocation;
}

/** Whom an IPAddress belongs to. */
interface Parent {
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

const nothing: Holdings = { addresses: [], ports: [] };
const managedBy = { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' } as const;

export class Allocator {
  readonly #options: AllocatorOptions;
  readonly #addresses: AddressPool;
  readonly #ports: PortPool;
  readonly #rows: readonly Row[];

  constructor(options: AllocatorOptions) {
    const { store, parse, blocks, ports, isPortInUse } = options;
    this.#options = options;
    this.#addresses = new AddressPool(store, parse, blocks);
    this.#ports = new PortPool(ports, isPortInUse);
    this.#rows = options.kinds.flatMap((kind) => {
      const { allocation } = kind.rules;
      return allocation === undefined ? [] : [{ kind, prefix: resourcePrefix(kind.group, kind.resource), allocation }];
    });
    for (const { prefix, allocation } of this.#rows) {
      for (const { key, value } of store.list(prefix).items)
        for (const port of allocation.holdings(parse(value)).ports) this.#ports.hold(port, key);
    }
    this.#restoreRemoved();
  }

  /** What the object at `key` may be given now; taken only when it is stored. `draw`: 0 ≤ x < 1, the same for each attempt. */
  grants(key: string, draw: number): Grants {
    const asked = new Set<number>();
    const take = (port: number): number => {
      asked.add(port);
      return port;
    };
    return {
      families: this.#addresses.families,
      nextAddress: (family) => this.#addresses.next(family, draw),
      takeAddress: (address) => this.#addresses.problemWith(address),
      nextPort: () => {
        const port = this.#ports.next(asked, draw);
        return port === undefined ? undefined : take(port);
      },
      takePort: (port) => {
        if (asked.has(port)) return 'provided port is already allocated';
        return this.#ports.problemWith(take(port), key);
      },
    };
  }

  /** Moves what a write moves; to be called as it is made, with the texts of the object before and after. */
  exchange(key: string, before: string | undefined, after: string | undefined): Exchange | undefined {
    const row = this.#rows.find(({ prefix }) => key.startsWith(prefix));
    if (row === undefined) return undefined;
    const [held, wanted] = [this.#holdingsOf(row, before), this.#holdingsOf(row, after)];
    const added = wanted.ports.filter((port) => !held.ports.includes(port));
    const dropped = held.ports.filter((port) => !wanted.ports.includes(port));
    for (const port of added) this.#ports.hold(port, key);
    for (const port of dropped) this.#ports.release(port, key);
    const undo = (): void => {
      for (const port of added) this.#ports.release(port, key);
      for (const port of dropped) this.#ports.hold(port, key);
    };
    const parent = parentOf(row.kind, key);
    const taken = wanted.addresses.filter((address) => !held.addresses.includes(address));
    const left = held.addresses.filter((address) => !wanted.addresses.includes(address));
    const beside = [
      ...taken.map((address) => this.#record(address, parent)),
      ...left.map((address) => this.#forget(address, parent)),
    ];
    return { beside, undo };
  }

  /**
   * Makes true for all objects there are what holds for new ones: they have what they need, and every address is
   * recorded. Those of a data directory from before may lack either. `draw`: 0 ≤ x < 1
   */
  async completeAll(draw: () => number): Promise<void> {
    const { store } = this.#options;
    const lacking = this.#rows.flatMap((row) =>
      store
        .list(row.prefix)
        .items.flatMap(({ key, value }) => (this.#isComplete(row, key, value) ? [] : [{ key, row }])),
    );
    await Promise.all(
      lacking.map(({ key, row }) =>
        store.write(key, (current) => {
          if (current === undefined) return { kind: 'keep' };
          const text = this.#completed(row, key, current.value, draw());
          // A record that is there stays as it is, so asking for all of them again is asking for what is missing.
          const beside = (after: string) => () => this.exchange(key, undefined, after)?.beside ?? [];
          return text === undefined
            ? { kind: 'keep', beside: beside(current.value) }
            : { kind: 'put', value: text, beside: beside(text(0)) };
        }),
      ),
    );
  }

  #isComplete(row: Row, key: string, text: string): boolean {
    const { addresses } = this.#holdingsOf(row, text);
    const isRecorded = addresses.every((address) => this.#options.store.get(addressKey(address)) !== undefined);
    return isRecorded && this.#completed(row, key, text, 0) === undefined;
  }

  /** The text of an object with what it lacked; undefined when it has it all, or cannot get it. */
  #completed(row: Row, key: string, text: string, draw: number): ((revision: number) => string) | undefined {
    const { parse, serialise, log } = this.#options;
    const object = parse(text);
    const problem = row.allocation.fill(object, parse(text), this.grants(key, draw));
    if (problem.length > 0) {
      log(
        `${key} lacks what it should have been given: ${typeof problem === 'string' ? problem : problem.map(({ field, message }) => `${field}: ${message}`).join(', ')}`,
      );
      return undefined;
    }
    const [had, has] = [row.allocation.holdings(parse(text)), row.allocation.holdings(object)];
    const isSame = had.addresses.length === has.addresses.length && had.ports.length === has.ports.length;
    return isSame ? undefined : (revision) => serialise(row.kind, object, revision);
  }

  #holdingsOf({ allocation }: Row, text: string | undefined): Holdings {
    return text === undefined ? nothing : allocation.holdings(this.#options.parse(text));
  }

  #record(address: string, parentRef: Parent): ChangeBeside {
    const { addressKind, serialise, nowMs } = this.#options;
    const object: JsonRecord = {
      metadata: {
        name: canonical(address),
        uid: randomUUID(),
        generation: 1,
        creationTimestamp: `${new Date(nowMs()).toISOString().slice(0, 19)}Z`,
        labels: { 'ipaddress.kubernetes.io/ip-family': familyOf(address) ?? '', ...managedBy },
      },
      spec: { parentRef },
    };
    return {
      key: addressKey(address),
      // One that is there already was somebody else's decision and stays.
      decide: (current) =>
        current === undefined
          ? { kind: 'put', value: (revision) => serialise(addressKind, object, revision) }
          : { kind: 'keep' },
    };
  }

  #forget(address: string, parent: Parent): ChangeBeside {
    const { addressKind, parse, serialise } = this.#options;
    return {
      key: addressKey(address),
      decide: (current) =>
        current !== undefined && this.#belongsTo(current.value, parent)
          ? { kind: 'delete', finalValue: (revision) => serialise(addressKind, parse(current.value), revision) }
          : { kind: 'keep' },
    };
  }

  #belongsTo(text: string, { resource, namespace, name }: Parent): boolean {
    const parent = recordAt(this.#options.parse(text), 'spec', 'parentRef');
    return parent.resource === resource && stringAt(parent, 'namespace') === namespace && parent.name === name;
  }

  /** An address that is held stays recorded, whoever removes its IPAddress: it must not be given out twice. */
  #restoreRemoved(): void {
    const { store, parse, log } = this.#options;
    store.watch({
      prefix: addressesPrefix,
      after: store.revision,
      onEvents: (events) => {
        for (const { kind, key, value } of events) {
          if (kind !== 'delete') continue;
          const parent = recordAt(parse(value), 'spec', 'parentRef');
          const row = this.#rows.find(
            (one) => one.kind.resource === parent.resource && one.kind.group === (parent.group ?? ''),
          );
          if (row === undefined) continue;
          const holder = `${resourcePrefix(row.kind.group, row.kind.resource, stringAt(parent, 'namespace'))}${stringAt(parent, 'name')}`;
          const address = key.slice(addressesPrefix.length);
          const record = this.#record(address, parentOf(row.kind, holder));
          const isHeld = (): boolean =>
            this.#holdingsOf(row, store.get(holder)?.value).addresses.map(canonical).includes(address);
          if (isHeld())
            store
              .write(key, (current) => (isHeld() ? record.decide(current) : { kind: 'keep' }))
              .catch((error: unknown) => log(`the IPAddress ${address} could not be restored: ${error}`));
        }
      },
      onEnd: (reason) => {
        if (reason !== 'closed')
          log(`IPAddresses are no longer followed: the watch of them ended (${reason}); restart`);
      },
    });
  }
}

function parentOf({ group, resource, namespaced }: Kind, key: string): Parent {
  const path = key.slice(resourcePrefix(group, resource).length);
  const [namespace = '', name = ''] = namespaced ? path.split('/') : ['', path];
  return { group, resource, namespace, name };
}
