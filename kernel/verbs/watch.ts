/** watch: events of a kind from a revision on, bookmarks, the WatchList protocol, selector transitions. */
import type { ApiResponse, WatchEventType } from '@diatom/sdk/api';
import type { JsonRecord } from '../kinds/json.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import type { Kinds } from '../kinds/kinds.ts';
import { CompactedError, FutureRevisionError, type StoreEvent, type WatchHandle } from '../store/store.ts';
import { protobufFrame, streamType } from '../wire/encode-answer.ts';
import type { Encoding } from '../wire/media.ts';
import { partialMetadata, type RenderOptions, single } from '../wire/render.ts';
import { type ApiError, expired, resourceVersionTooLarge } from '../wire/status.ts';
import { type Call, type Context, prefixOf } from './context.ts';
import { endWithDefinition } from './custom-watches.ts';
import { type Frame, FrameStream } from './frame-stream.ts';
import { listSelector, parseResourceVersion, renderOptions, validateListOptions } from './read.ts';
import { asVersion, nameOfKey, parseStored } from './stored.ts';
import { WatchGroup } from './watch-group.ts';

const bookmarkIntervalMs = 60_000;
const shortestTimeoutMs = 1_800_000;
/** Node's timers go no further, and fire at once beyond. */
const longestTimeoutMs = 2 ** 31 - 1;

/** What is derived from an event, once for all watchers of it. */
interface DerivedEvent {
  readonly frames: Map<string, Frame>;
  object?: JsonRecord;
  previous?: JsonRecord;
}

const derivedEvents = new WeakMap<StoreEvent, DerivedEvent>();

function derived(event: StoreEvent): DerivedEvent {
  let found = derivedEvents.get(event);
  if (found === undefined) {
    found = { frames: new Map() };
    derivedEvents.set(event, found);
  }
  return found;
}

/** `object` is JSON text. */
function frame(encoding: Encoding, type: WatchEventType, object: string): Frame {
  return encoding === 'protobuf' ? protobufFrame(type, object) : `{"type":"${type}","object":${object}}\n`;
}

/** One event for one watcher, or undefined when its selector sees no change. */
function transition(
  event: StoreEvent,
  selector: ((object: JsonRecord) => boolean) | undefined,
): WatchEventType | undefined {
  if (selector === undefined) {
    return event.kind === 'delete' ? 'DELETED' : event.previousValue === undefined ? 'ADDED' : 'MODIFIED';
  }
  const cache = derived(event);
  cache.object ??= parseStored(event.value);
  if (event.previousValue !== undefined) cache.previous ??= parseStored(event.previousValue);
  const before = cache.previous !== undefined && selector(cache.previous);
  if (event.kind === 'delete')
    return before || (cache.previous === undefined && selector(cache.object)) ? 'DELETED' : undefined;
  const after = selector(cache.object);
  if (before) return after ? 'MODIFIED' : 'DELETED';
  return after ? 'ADDED' : undefined;
}

/** An object that leaves the selection is shown as it was last selected, at the revision of the change. */
function leavingText(event: StoreEvent): string {
  if (event.kind === 'delete' || event.previousValue === undefined) return event.value;
  const previous = parseStored(event.previousValue);
  const metadata = previous.metadata as JsonRecord;
  return JSON.stringify({ ...previous, metadata: { ...metadata, resourceVersion: String(event.revision) } });
}

function eventFrame(call: Call, event: StoreEvent, type: WatchEventType, options: RenderOptions): Frame {
  const { encoding, representation, version } = options.answer;
  const form = `${representation} ${version} ${options.includeObject} ${options.noColumns === true}`;
  const key = `${type} ${encoding} ${apiVersionOf(call.kind)} ${form}`;
  const cache = derived(event);
  let text = cache.frames.get(key);
  if (text === undefined) {
    const value = type === 'DELETED' ? leavingText(event) : event.value;
    text = frame(encoding, type, single(call.kind, asVersion(call.kind, value), options));
    cache.frames.set(key, text);
  }
  return text;
}

const endAnnotation = { 'k8s.io/initial-events-end': 'true' };

function bookmarkFrame(kind: Kind, revision: number, options: RenderOptions, annotations?: JsonRecord): Frame {
  const metadata = { resourceVersion: String(revision), ...(annotations === undefined ? {} : { annotations }) };
  const { encoding, representation, version } = options.answer;
  if (representation === 'table') {
    const embedded = `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${version}","metadata":${JSON.stringify(metadata)}}`;
    return frame(
      encoding,
      'BOOKMARK',
      `{"kind":"Table","apiVersion":"meta.k8s.io/${version}","metadata":{"resourceVersion":"${revision}"},"columnDefinitions":[],"rows":[{"cells":[],"object":${embedded}}]}`,
    );
  }
  const text = `{"kind":"${kind.kind}","apiVersion":"${apiVersionOf(kind)}","metadata":${JSON.stringify(metadata)}}`;
  return frame(encoding, 'BOOKMARK', representation === 'object' ? text : partialMetadata(text, version));
}

interface Start {
  /** Whether the present state is sent first, as ADDED events. */
  readonly sendState: boolean;
  readonly markEnd: boolean;
  /** Events after this revision follow. */
  readonly after: number;
  /** Events up to this one, which is still to come, are not told. */
  readonly beyond?: number;
}

function startOf(context: Context, call: Call): Start {
  const revision = parseResourceVersion(call.query.get('resourceVersion'));
  const sendInitialEvents = call.query.get('sendInitialEvents');
  const now = context.store.revision;
  const isAhead = revision !== undefined && revision > now;
  // A state that new cannot be shown; changes after it can be waited for, as etcd does.
  if (isAhead && sendInitialEvents !== null) throw resourceVersionTooLarge(revision, now);
  if (isAhead) return { sendState: false, markEnd: false, after: now, beyond: revision };
  if (sendInitialEvents === 'true' || sendInitialEvents === '1') return { sendState: true, markEnd: true, after: now };
  if (sendInitialEvents !== null) return { sendState: false, markEnd: false, after: revision || now };
  if (revision === undefined || revision === 0) return { sendState: true, markEnd: false, after: now };
  return { sendState: false, markEnd: false, after: revision };
}

export function watch(context: Context, call: Call): ApiResponse {
  validateListOptions(call.query, true);
  const options = renderOptions(context, call);
  const { encoding } = options.answer;
  const selector = listSelector(call);
  const start = startOf(context, call);
  const prefix = prefixOf(call.kind, call.route.namespace);
  const wantsBookmarks = ['true', '1'].includes(call.query.get('allowWatchBookmarks') ?? '');
  const only = call.route.legacyWatch ? call.route.name : '';
  let subscription: WatchHandle | undefined;
  let timers: NodeJS.Timeout[] = [];
  const endBy = (reason: 'closed' | 'compacted'): void => {
    if (reason === 'compacted') {
      const error = expired('The resourceVersion for the provided watch is too old.');
      stream.push(frame(encoding, 'ERROR', JSON.stringify(error.status)));
    }
    stream.end();
  };
  let forget: (() => void) | undefined;
  const stream: FrameStream = new FrameStream({
    onEnd: () => {
      subscription?.cancel();
      forget?.();
      for (const timer of timers) clearInterval(timer);
      timers = [];
    },
    onGroupEnd: endBy,
  });
  const frameOf = (event: StoreEvent): Frame | undefined => {
    if (only !== '' && nameOfKey(event.key) !== only) return undefined;
    if (start.beyond !== undefined && event.revision <= start.beyond) return undefined;
    const type = transition(event, selector);
    if (type === undefined) return undefined;
    return eventFrame(call, event, type, { ...options, noColumns, nowMs: context.nowMs() });
  };
  // The columns of a Table are told once; who has not heard them yet has frames of its own.
  let noColumns = options.answer.representation !== 'table';
  let seen = start.after;
  if (start.sendState) {
    const { items, revision } = context.store.list(prefix);
    seen = revision;
    const selected = items.filter(
      (item) =>
        (only === '' || nameOfKey(item.key) === only) && (selector === undefined || selector(parseStored(item.value))),
    );
    stream.pushState(
      selected.map(({ value }, index) =>
        frame(encoding, 'ADDED', single(call.kind, asVersion(call.kind, value), { ...options, noColumns: index > 0 })),
      ),
    );
    noColumns ||= selected.length > 0;
    if (start.markEnd && wantsBookmarks) stream.push(bookmarkFrame(call.kind, revision, options, endAnnotation));
  }
  let group: WatchGroup | undefined;
  /** Who has seen everything goes on with the others who have. */
  const join = (): void => {
    group = groupFor(context, call, prefix, only, options, frameOf);
    group.add(stream);
  };
  try {
    // What a webhook converts comes later than the store's own revision says.
    const isShareable = (): boolean =>
      call.kind.custom?.conversion === undefined && noColumns && start.beyond === undefined;
    if (seen === context.store.revision && isShareable()) join();
    else {
      let isLooking = false;
      subscription = context.store.watch({
        prefix,
        after: seen,
        onEvents: (events) => {
          for (const event of events) {
            seen = event.revision;
            const text = frameOf(event);
            if (text === undefined) continue;
            stream.push(text);
            noColumns = true;
          }
          if (isLooking || !isShareable()) return;
          isLooking = true;
          setImmediate(() => {
            isLooking = false;
            if (subscription?.position !== context.store.revision || stream.isOver) return;
            subscription.cancel();
            join();
          });
        },
        onEnd: endBy,
      });
    }
  } catch (error) {
    throw startError(error, seen);
  }
  if (call.kind.nature === 'custom' && !stream.isOver)
    forget = endWithDefinition(context, call.kind, () => stream.end());
  if (wantsBookmarks) {
    const send = () =>
      stream.push(bookmarkFrame(call.kind, group?.position ?? subscription?.position ?? seen, options));
    timers.push(setInterval(send, bookmarkIntervalMs).unref());
  }
  const asked = Number(call.query.get('timeoutSeconds') ?? '0');
  const timeoutMs = asked > 0 ? Math.min(asked * 1000, longestTimeoutMs) : shortestTimeoutMs * (1 + context.random());
  timers.push(setTimeout(() => stream.end(), timeoutMs).unref());
  return {
    status: 200,
    headers: { 'content-type': streamType(encoding), 'cache-control': 'no-cache, private' },
    body: stream,
  };
}

/** By what is watched and how it is shown; the kinds of one kernel, as they are defined now. */
const groups = new WeakMap<Kinds, Map<string, WatchGroup>>();

function groupFor(
  context: Context,
  call: Call,
  prefix: string,
  only: string,
  { answer, includeObject }: RenderOptions,
  frameOf: (event: StoreEvent) => Frame | undefined,
): WatchGroup {
  const { kind, query } = call;
  const { kinds, store } = context;
  const known = groups.get(kinds) ?? new Map<string, WatchGroup>();
  groups.set(kinds, known);
  const selectors = [query.get('labelSelector'), query.get('fieldSelector')];
  const form = [apiVersionOf(kind), kinds.registry.generation, answer, includeObject];
  const name = JSON.stringify([prefix, only, selectors, form]);
  const found = known.get(name);
  if (found !== undefined) return found;
  const group: WatchGroup = new WatchGroup({
    watch: (options) => store.watch({ ...options, prefix, after: store.revision }),
    frameOf,
    onEmpty: () => {
      if (known.get(name) === group) known.delete(name);
    },
  });
  known.set(name, group);
  return group;
}

function startError(error: unknown, wanted: number): ApiError | unknown {
  if (error instanceof CompactedError) return expired(`too old resource version: ${wanted} (${error.compactRevision})`);
  if (error instanceof FutureRevisionError) return resourceVersionTooLarge(wanted, error.current);
  return error;
}
