/**
 * Passes connections on. One hop, two sockets, bytes copied by the streams with back-pressure in both directions; each
 * side's end of stream is passed on by itself, so that half-closed connections work. Until a target has accepted,
 * nothing is read from the client: whatever it sent waits in its socket and goes to whichever target takes it.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { chooseForClient, chooseTarget, type Load } from './choose.ts';
import type { Route, Target } from './routes.ts';

export interface ForwarderOptions {
  readonly isAwake: (target: Target) => boolean;
  readonly log: (message: string) => void;
  /** How long a connection waits for a ready target. */
  readonly waitMs: number;
  /** How many may wait at one route. */
  readonly longestQueue: number;
}

export interface ForwarderCounts {
  /** Connections passed on. */
  readonly passed: number;
  /** Of these, the ones whose target was asleep. */
  readonly cold: number;
  /** Connections given up: no target in time, or the queue was full. */
  readonly refused: number;
}

/** As large as the kernel allows by default (net.core.somaxconn). */
const backlog = 4096;

/** Targets that all refused are tried again this soon: an instance that is being started again has no other way to say so. */
const retryMs = 25;

/** A target that accepts and resets at once may be one that is just being replaced; more often than this it means it. */
const mostResets = 3;

/** A connection that has not been passed on yet. */
interface Pending {
  readonly client: Socket;
  /** On the clock of `performance.now()`. */
  readonly until: number;
  /** How often a target took it and reset it before anything was sent. */
  resetCount: number;
}

interface Waiting {
  readonly pending: Pending;
  readonly timer: NodeJS.Timeout;
}

interface Listener {
  route: Route;
  readonly server: Server;
  /** Oldest first. */
  readonly waiting: Set<Waiting>;
  retry: NodeJS.Timeout | undefined;
  turn: number;
}

export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #listeners = new Map<string, Listener>();
  readonly #open = new Map<string, number>();
  readonly #clients = new Set<Socket>();
  #passed = 0;
  #cold = 0;
  #refused = 0;

  constructor(options: ForwarderOptions) {
    this.#options = options;
  }

  get counts(): ForwarderCounts {
    return { passed: this.#passed, cold: this.#cold, refused: this.#refused };
  }

  get keys(): readonly string[] {
    return [...this.#listeners.keys()];
  }

  /** Listens for a route, or gives a route that is listened for its new targets. Rejects when the address cannot be had. */
  async set(route: Route): Promise<void> {
    const present = this.#listeners.get(route.key);
    if (present !== undefined) {
      present.route = route;
      if (route.targets.length > 0) this.#releaseWaiting(present);
      return;
    }
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
    const listener: Listener = { route, server, waiting: new Set(), retry: undefined, turn: 0 };
    this.#listeners.set(route.key, listener);
    server.on('connection', (client) => this.#accept(listener, client));
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host: route.address, port: route.port, backlog }, () => {
          server.off('error', reject);
          server.on('error', (error) => this.#options.log(`${route.key}: ${error.message}`));
          resolve();
        });
      });
    } catch (error) {
      if (this.#listeners.get(route.key) === listener) this.#listeners.delete(route.key);
      throw error;
    }
  }

  /** Takes no more connections there; open ones go on. */
  remove(key: string): void {
    const listener = this.#listeners.get(key);
    if (listener === undefined) return;
    this.#listeners.delete(key);
    listener.server.close();
    clearTimeout(listener.retry);
    for (const { pending, timer } of listener.waiting) {
      clearTimeout(timer);
      this.#refuse(pending);
    }
  }

  async close(): Promise<void> {
    for (const key of this.keys) this.remove(key);
    for (const client of this.#clients) client.destroy();
  }

  #accept(listener: Listener, client: Socket): void {
    this.#clients.add(client);
    client.once('close', () => this.#clients.delete(client));
    // Until it is passed on, an error only means that the client is gone.
    client.on('error', () => client.destroy());
    this.#pass(listener, { client, until: performance.now() + this.#options.waitMs, resetCount: 0 }, []);
  }

  #pass(listener: Listener, pending: Pending, failed: readonly Target[]): void {
    const { client } = pending;
    if (client.destroyed) return;
    const { route } = listener;
    const targets = route.targets.filter((target) => !failed.includes(target));
    const target = route.hasClientAffinity
      ? chooseForClient(targets, client.remoteAddress ?? '')
      : chooseTarget(targets, (one) => this.#loadOf(one), listener.turn++);
    if (target === undefined) {
      this.#wait(listener, pending);
      return;
    }
    const isCold = !this.#loadOf(target).isAwake;
    const name = `${target.address}:${target.port}`;
    this.#open.set(name, (this.#open.get(name) ?? 0) + 1);
    const upstream = connect({ host: target.address, port: target.port, allowHalfOpen: true, noDelay: true });
    upstream.once('close', () => {
      const left = (this.#open.get(name) ?? 1) - 1;
      if (left === 0) this.#open.delete(name);
      else this.#open.set(name, left);
    });
    const refused = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'ECONNRESET') pending.resetCount += 1;
      if (pending.resetCount >= mostResets) this.#refuse(pending);
      else this.#pass(listener, pending, [...failed, target]);
    };
    upstream.once('error', refused);
    const clientGone = (): void => {
      upstream.destroy();
    };
    client.once('close', clientGone);
    upstream.once('close', () => client.off('close', clientGone));
    upstream.once('connect', () => {
      upstream.off('error', refused);
      client.off('close', clientGone);
      this.#passed += 1;
      if (isCold) this.#cold += 1;
      join(client, upstream);
    });
  }

  #loadOf(target: Target): Load {
    return {
      open: this.#open.get(`${target.address}:${target.port}`) ?? 0,
      isAwake: this.#options.isAwake(target),
    };
  }

  #wait(listener: Listener, pending: Pending): void {
    const waiting: Waiting = {
      pending,
      timer: setTimeout(
        () => {
          this.#options.log(`${listener.route.service}: no ready endpoint within ${this.#options.waitMs} ms`);
          listener.waiting.delete(waiting);
          this.#refuse(pending);
        },
        Math.max(0, pending.until - performance.now()),
      ),
    };
    listener.waiting.add(waiting);
    if (listener.waiting.size > this.#options.longestQueue) {
      clearTimeout(waiting.timer);
      listener.waiting.delete(waiting);
      this.#refuse(pending);
      return;
    }
    if (listener.route.targets.length > 0) {
      listener.retry ??= setTimeout(() => {
        listener.retry = undefined;
        this.#releaseWaiting(listener);
      }, retryMs);
    }
  }

  #refuse({ client }: Pending): void {
    this.#refused += 1;
    // A reset, not an end of stream: the client must not take silence for an empty answer.
    client.resetAndDestroy();
  }

  #releaseWaiting(listener: Listener): void {
    const all = [...listener.waiting];
    listener.waiting.clear();
    for (const { pending, timer } of all) {
      clearTimeout(timer);
      this.#pass(listener, pending, []);
    }
  }
}

/** Copies both ways until both have ended; when one side breaks, the other is reset so that nobody takes it for an end. */
function join(client: Socket, upstream: Socket): void {
  const breaks = (from: Socket, to: Socket): void => {
    from.removeAllListeners('error');
    from.on('error', () => to.resetAndDestroy());
    from.once('close', () => {
      if (!from.readableEnded && !to.destroyed) to.resetAndDestroy();
    });
  };
  breaks(client, upstream);
  breaks(upstream, client);
  client.pipe(upstream);
  upstream.pipe(client);
}
