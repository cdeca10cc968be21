import { type Client, type DiscoveredResource, Informers } from '@diatom/sdk';

/** Watches what is left in namespaces being deleted, and calls back when the last object of a kind has gone. */
export class LeaveWatch {
  readonly #client: Client;
  readonly #log: (message: string) => void;
  readonly #onEmpty: (namespace: string) => void;
  readonly #followed = new Map<string, { readonly informers: Informers; readonly resources: Set<string> }>();

  constructor(client: Client, log: (message: string) => void, onEmpty: (namespace: string) => void) {
    this.#client = client;
    this.#log = log;
    this.#onEmpty = onEmpty;
  }

  follow(namespace: string, remaining: readonly DiscoveredResource[]): void {
    const followed = this.#followed.get(namespace) ?? {
      informers: new Informers(this.#client, { log: this.#log }),
      resources: new Set<string>(),
    };
    this.#followed.set(namespace, followed);
    for (const resource of remaining) {
      const key = `${resource.plural}.${resource.group}`;
      if (followed.resources.has(key)) continue;
      followed.resources.add(key);
      const informer = followed.informers.of(resource, { namespace, metadataOnly: true });
      const look = (): void => {
        if (informer.size === 0) this.#onEmpty(namespace);
      };
      informer.on({ delete: look });
      // The last one may have gone between the sweep and the first look here.
      void informer.synced.then(look);
    }
  }

  async stop(namespace: string): Promise<void> {
    const followed = this.#followed.get(namespace);
    this.#followed.delete(namespace);
    await followed?.informers.close();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#followed.keys()].map((namespace) => this.stop(namespace)));
  }
}
