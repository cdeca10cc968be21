import { type Client, type DiscoveredResource, discover, type Informers, type KubernetesObject } from '@diatom/sdk';

const plainNames = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
]);

/** The kind that a name in a quota is about, as `resource.group`. */
export function kindOf(name: string): string {
  if (name.startsWith('count/')) {
    const kind = name.slice('count/'.length);
    return kind.includes('.') ? kind : `${kind}.`;
  }
  if (plainNames.has(name)) return `${name}.`;
  if (name.startsWith('services.')) return 'services.';
  return /^requests\.storage$|\.storageclass\.storage\.k8s\.io\//.test(name) ? 'persistentvolumeclaims.' : 'pods.';
}

/** What these kinds use can change without an object coming or going: a pod ends, a service gets ports. */
const changing = new Set(['pods.', 'services.', 'persistentvolumeclaims.']);

/** Follows the kinds that quotas count, and says in which namespaces a count may be less than it was. */
export class CountedKinds {
  readonly #client: Client;
  readonly #informers: Informers;
  readonly #changed: (namespace: string) => void;
  #followed = new Map<string, DiscoveredResource>();

  constructor(client: Client, informers: Informers, changed: (namespace: string) => void) {
    this.#client = client;
    this.#informers = informers;
    this.#changed = changed;
  }

  /** Follows the kinds of these names and no others; false when one of them is not served yet. */
  async follow(names: readonly string[], signal: AbortSignal): Promise<boolean> {
    const wanted = new Set(names.map(kindOf));
    const unknown = [...wanted].filter((id) => !this.#followed.has(id));
    const discovered = unknown.length === 0 ? [] : await discover(this.#client, { signal, onUnavailable: () => {} });
    const found = unknown.flatMap((id) => discovered.find(({ plural, group }) => `${plural}.${group}` === id) ?? []);
    for (const resource of found) this.#start(resource);
    for (const [id, resource] of this.#followed) {
      if (wanted.has(id)) continue;
      this.#followed.delete(id);
      await this.#informers.stop(resource, { metadataOnly: true });
    }
    await this.#informers.synced(signal);
    return found.length === unknown.length;
  }

  #start(resource: DiscoveredResource): void {
    const id = `${resource.plural}.${resource.group}`;
    if (this.#followed.has(id)) return;
    this.#followed.set(id, resource);
    const look = ({ metadata }: KubernetesObject): void => this.#changed(metadata.namespace ?? '');
    this.#informers
      .of(resource, { metadataOnly: true })
      .on(changing.has(id) ? { update: look, delete: look } : { delete: look });
  }
}
