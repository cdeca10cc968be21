import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject, Status } from '../api/meta.ts';
import { ChunkQueue } from '../client/chunk-queue.ts';
import { Client } from '../client/client.ts';
import { TransportError } from '../client/errors.ts';
import type { Transport, TransportRequest, TransportResponse } from '../client/transport.ts';
import { configMaps } from '../kinds/resources.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { type Random, seededRandom } from '../testing/random.ts';
import { Informers } from './informers.ts';

interface Change {
  readonly revision: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubernetesObject;
}

/** An API server with one collection that refuses, breaks, repeats and compacts as the dice fall. */
class FaultyServer implements Transport {
  readonly closed = new Promise<Error>(() => {});
  readonly objects = new Map<string, KubernetesObject>();
  readonly #random: Random;
  readonly #doesWatchList: boolean;
  readonly #watches = new Set<ChunkQueue>();
  #history: Change[] = [];
  #revision = 1;
  isFaulty = true;

  constructor(random: Random, doesWatchList: boolean) {
    this.#random = random;
    this.#doesWatchList = doesWatchList;
  }

  mutate(): void {
    const name = `object-${this.#random.below(6)}`;
    this.#revision += 1;
    const old = this.objects.get(name);
    const uid = old?.metadata.uid ?? `uid-${this.#revision}`;
    const metadata = { name, namespace: 'default', uid, resourceVersion: String(this.#revision) };
    const object: KubernetesObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
    const isDeletion = old !== undefined && this.#random.chance(0.4);
    if (isDeletion) this.objects.delete(name);
    else this.objects.set(name, object);
    const change: Change = {
      revision: this.#revision,
      type: isDeletion ? 'DELETED' : old === undefined ? 'ADDED' : 'MODIFIED',
      object,
    };
    this.#history.push(change);
    for (const watch of this.#watches) this.#frame(watch, change);
  }

  compact(): void {
    this.#history = this.#history.slice(-2);
  }

  breakOne(): void {
    const watch = this.#random.pick([...this.#watches]);
    if (watch === undefined) return;
    this.#watches.delete(watch);
    const dice = this.#random.below(3);
    if (dice === 0) watch.finish();
    else if (dice === 1) watch.finish(new TransportError('watch', new Error('reset')));
    else {
      watch.push(`${JSON.stringify({ type: 'ERROR', object: failure(410, 'Expired') })}\n`);
      watch.finish();
    }
  }

  async send(request: TransportRequest): Promise<TransportResponse> {
    const query = new URL(request.path, 'http://server').searchParams;
    await settle();
    request.signal?.throwIfAborted();
    if (this.isFaulty && this.#random.chance(0.2)) throw new TransportError('send', new Error('refused'));
    if (this.isFaulty && this.#random.chance(0.1)) return this.#answer(failure(500, 'InternalError'));
    if (query.get('watch') !== 'true') {
      const items = [...this.objects.values()];
      return this.#answer({ metadata: { resourceVersion: String(this.#revision) }, items });
    }
    const isInitial = query.get('sendInitialEvents') === 'true';
    if (isInitial && !this.#doesWatchList) return this.#answer(failure(422, 'Invalid'));
    const after = Number(query.get('resourceVersion') ?? 0);
    const oldest = this.#history[0]?.revision ?? this.#revision + 1;
    if (!isInitial && after + 1 < oldest && after < this.#revision) return this.#answer(failure(410, 'Expired'));
    const watch: ChunkQueue = new ChunkQueue(() => this.#watches.delete(watch));
    request.signal?.addEventListener('abort', () => watch.finish(request.signal?.reason));
    if (isInitial) {
      for (const object of this.objects.values()) this.#frame(watch, { revision: 0, type: 'ADDED', object });
      this.#bookmark(watch, { 'k8s.io/initial-events-end': 'true' });
    } else {
      for (const change of this.#history) if (change.revision > after) this.#frame(watch, change);
    }
    this.#watches.add(watch);
    return { kind: 'stream', status: 200, headers: {}, chunks: watch };
  }

  bookmark(): void {
    for (const watch of this.#watches) this.#bookmark(watch, {});
  }

  async close(): Promise<void> {}

  #bookmark(watch: ChunkQueue, annotations: Readonly<Record<string, string>>): void {
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { resourceVersion: String(this.#revision), annotations },
    };
    watch.push(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }

  /** In pieces, and sometimes twice. */
  #frame(watch: ChunkQueue, { type, object }: Change): void {
    const text = `${JSON.stringify({ type, object })}\n`;
    const middle = this.#random.below(text.length);
    for (let times = this.isFaulty && this.#random.chance(0.1) ? 2 : 1; times > 0; times -= 1) {
      watch.push(text.slice(0, middle));
      watch.push(text.slice(middle));
    }
  }

  #answer(body: object): TransportResponse {
    const status = 'code' in body ? Number(body.code) : 200;
    return { kind: 'complete', status, headers: {}, body: JSON.stringify(body) };
  }
}

function failure(code: number, reason: string): Status {
  return { apiVersion: 'v1', kind: 'Status', metadata: {}, status: 'Failure', code, reason, message: reason };
}

for (const doesWatchList of [true, false]) {
  test(`whatever the connection does, the copy ends up true and its handlers saw how (watch list: ${doesWatchList})`, async () => {
    const random = seededRandom(9);
    for (let round = 0; round < 15; round += 1) {
      const context = `SEED=${random.seed} round ${round}`;
      const server = new FaultyServer(random, doesWatchList);
      const clock = new FakeClock();
      const informers = new Informers(new Client(server, { clock }), { random: () => random.next() });
      const informer = informers.of(configMaps);
      /** What somebody knows who only listens to the handlers. */
      const told = new Map<string, string>();
      const nameOf = ({ metadata }: KubernetesObject): string => metadata.name ?? '';
      const versionOf = ({ metadata }: KubernetesObject): string => metadata.resourceVersion ?? '';
      // Collected, not thrown: the informer survives a handler that throws.
      const complaints: string[] = [];
      informer.on({
        add(object) {
          if (told.has(nameOf(object))) complaints.push(`${nameOf(object)} was added twice`);
          told.set(nameOf(object), versionOf(object));
        },
        update(object, old) {
          if (told.get(nameOf(object)) !== versionOf(old)) complaints.push(`${nameOf(object)}: a version was left out`);
          if (Number(versionOf(object)) <= Number(versionOf(old))) complaints.push('time ran backwards');
          told.set(nameOf(object), versionOf(object));
        },
        delete(object) {
          if (!told.delete(nameOf(object))) complaints.push(`${nameOf(object)} was deleted twice`);
        },
      });
      for (let step = 0; step < 80; step += 1) {
        const dice = random.below(10);
        if (dice < 5) server.mutate();
        else if (dice === 5) server.breakOne();
        else if (dice === 6) server.compact();
        else if (dice === 7) server.bookmark();
        else await clock.advance(random.below(400));
      }
      server.isFaulty = false;
      for (let waits = 0; waits < 4; waits += 1) await clock.advance(40_000);
      const truth = [...server.objects.values()].map((object) => [nameOf(object), versionOf(object)]).sort();
      assert.deepEqual(
        informer
          .list()
          .map((object) => [nameOf(object), versionOf(object)])
          .sort(),
        truth,
        context,
      );
      assert.deepEqual([...told].sort(), truth, context);
      assert.deepEqual(complaints, [], context);
      assert.equal(informer.state, 'synced', context);
      await informers.close();
    }
  });
}
