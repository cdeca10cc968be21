/** The simplest store that can be right: every event in one array. The conformance suite compares real ones with it. */
import type { Revision, StoredObject, StoreEvent } from './store.ts';

export class StoreModel {
  readonly #events: StoreEvent[] = [];
  readonly #created = new Map<string, Revision>();
  readonly #createRevisions: Revision[] = [];

  record(event: StoreEvent): void {
    if (event.previousValue === undefined) this.#created.set(event.key, event.revision);
    this.#createRevisions.push(this.#created.get(event.key) ?? event.revision);
    this.#events.push(event);
  }

  get revisions(): readonly Revision[] {
    return this.#events.map((event) => event.revision);
  }

  state(prefix: string, at = Number.POSITIVE_INFINITY): readonly StoredObject[] {
    const objects = new Map<string, StoredObject>();
    for (const [index, { kind, key, value, revision }] of this.#events.entries()) {
      if (revision > at || !key.startsWith(prefix)) continue;
      if (kind === 'delete') objects.delete(key);
      else {
        const createRevision = this.#createRevisions[index] ?? revision;
        objects.set(key, { key, value, createRevision, modRevision: revision });
      }
    }
    return [...objects.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  events(prefix: string, after: Revision): readonly StoreEvent[] {
    return this.#events.filter((event) => event.revision > after && event.key.startsWith(prefix));
  }
}
