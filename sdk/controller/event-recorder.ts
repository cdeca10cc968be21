/**
 * Writes core/v1 Events about objects. Repeats of one message raise the count of one Event (client-go
 * tools/record/events_cache.go). Recording never fails its caller: an Event that cannot be written is logged and gone.
 */
import type { KubernetesObject } from '../api/meta.ts';
import type { Client } from '../client/client.ts';
import { formatTime } from '../clock/clock.ts';
import { events as eventType } from '../kinds/resources.ts';

export interface Recorded {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** `spec.containers{hello}` */
  readonly fieldPath?: string;
}

export interface EventRecorderOptions {
  /** `kubelet`, `diatom-gateway`; shown by `kubectl describe` as the source. */
  readonly component: string;
  readonly host?: string;
  readonly log: (message: string) => void;
}

interface Known {
  readonly name: string;
  count: number;
}

const mostKnown = 1024;
const mostPending = 1024;

export class EventRecorder {
  readonly #client: Client;
  readonly #options: EventRecorderOptions;
  readonly #known = new Map<string, Known>();
  #pendingCount = 0;
  #tail: Promise<void> = Promise.resolve();
  #serial = 0;

  constructor(client: Client, options: EventRecorderOptions) {
    this.#client = client;
    this.#options = options;
  }

  record(about: KubernetesObject, recorded: Recorded): void {
    if (this.#pendingCount >= mostPending) return;
    this.#pendingCount += 1;
    this.#tail = this.#tail
      .then(() => this.#write(about, recorded))
      .catch((error: unknown) => {
        this.#options.log(
          `event ${recorded.reason} was not written: ${error instanceof Error ? error.message : String(error)}`,
        );
      })
      .finally(() => {
        this.#pendingCount -= 1;
      });
  }

  /** Resolves when everything recorded so far is written or given up. */
  drained(): Promise<void> {
    return this.#tail;
  }

  async #write(about: KubernetesObject, recorded: Recorded): Promise<void> {
    const { metadata } = about;
    const namespace = metadata.namespace ?? 'default';
    const events = this.#client.resource(eventType, namespace);
    const key = [
      about.kind,
      namespace,
      metadata.name,
      metadata.uid,
      recorded.fieldPath,
      recorded.type,
      recorded.reason,
      recorded.message,
    ].join('\n');
    const now = formatTime(this.#client.clock.now());
    const known = this.#known.get(key);
    if (known !== undefined) {
      known.count += 1;
      try {
        await events.patch(known.name, { kind: 'merge', changes: { count: known.count, lastTimestamp: now } });
        return;
      } catch {
        // Deleted meanwhile, or the namespace is going: written anew below or given up there.
        this.#known.delete(key);
      }
    }
    this.#serial += 1;
    const name = `${metadata.name ?? ''}.${(this.#client.clock.now() * 4096 + (this.#serial % 4096)).toString(16)}`;
    await events.create({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject: {
        apiVersion: about.apiVersion,
        kind: about.kind,
        name: metadata.name ?? '',
        ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
        ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
        ...(metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion }),
        ...(recorded.fieldPath === undefined ? {} : { fieldPath: recorded.fieldPath }),
      },
      type: recorded.type,
      reason: recorded.reason,
      message: recorded.message.slice(0, 1024),
      source: {
        component: this.#options.component,
        ...(this.#options.host === undefined ? {} : { host: this.#options.host }),
      },
      reportingComponent: this.#options.component,
      reportingInstance: this.#options.host ?? '',
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    });
    this.#known.set(key, { name, count: 1 });
    const oldest = this.#known.keys().next();
    if (this.#known.size > mostKnown && oldest.done !== true) this.#known.delete(oldest.value);
  }
}
