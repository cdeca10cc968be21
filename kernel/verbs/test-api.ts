/** For tests: the API over a store in a temporary directory, everything allowed, time and chance injected. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiHandler, ApiResponse, ApiStream, Identity } from '@diatom/sdk/api';
import type { Access } from '../access/access.ts';
import type { CallWebhook } from '../http/webhooks.ts';
import { type JsonRecord, parseJson } from '../kinds/json.ts';
import type { KindDefinition } from '../kinds/registry.ts';
import { type CompactionPolicy, defaultCompactionPolicy } from '../store/compaction.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { mediaTypes } from '../wire/media.ts';
import { decodeEnvelope, decodeMessage } from '../wire/protobuf.ts';
import { messageOf } from '../wire/protobuf-types.ts';
import { parseYamlBody } from '../wire/yaml-body.ts';
import { createApi, type ServiceRanges } from './api.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly body: JsonRecord;
}

export interface TestApi extends AsyncDisposable {
  readonly store: Store;
  readonly directory: string;
  readonly handle: ApiHandler;
  readonly clock: { nowMs: number };
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Opens a watch; `next` waits for one event. */
  watch(path: string, headers?: Readonly<Record<string, string>>): Promise<TestWatch>;
}

export interface TestWatch {
  next(): Promise<{ readonly type: string; readonly object: JsonRecord }>;
  close(): void;
}

/** A long answer that comes in pieces, as one. */
async function whole(response: ApiResponse): Promise<ApiResponse> {
  const { body } = response;
  if (typeof body === 'string' || body instanceof Uint8Array || body.isWhole !== true) return response;
  const pieces: Uint8Array[] = [];
  for await (const chunk of body.chunks) pieces.push(Buffer.from(chunk));
  return { ...response, body: Buffer.concat(pieces).toString() };
}

/** The object of an answer, in whatever form it comes. */
async function readAnswer({ headers, body }: ApiResponse): Promise<JsonRecord> {
  if (body instanceof Uint8Array && headers['content-type'] === mediaTypes.protobuf) {
    const { apiVersion, kind, raw } = decodeEnvelope(body);
    const message = messageOf(apiVersion, kind);
    if (message === undefined) throw new Error(`there is no message for ${apiVersion} ${kind}`);
    return { apiVersion, kind, ...decodeMessage(message, raw) };
  }
  if (typeof body !== 'string') return {};
  if (headers['content-type'] === mediaTypes.yaml) return (await parseYamlBody(body)).value as JsonRecord;
  return body.startsWith('{') ? (parseJson(body) as JsonRecord) : {};
}

export const admin: Identity = { name: 'admin', groups: ['system:masters'] };

const unexpected = (): never => {
  throw new Error('this test does not expect a review');
};

export const everythingAllowed: Access = {
  authorize: () => ({ allowed: true, reason: '' }),
  admit: () => undefined,
  reviews: {
    selfSubjectAccessReview: unexpected,
    subjectAccessReview: unexpected,
    localSubjectAccessReview: unexpected,
    selfSubjectRulesReview: unexpected,
    selfSubjectReview: (review) => review,
    tokenReview: unexpected,
    tokenRequest: (request) => request,
  },
};

function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export async function openApi(
  kinds: readonly KindDefinition[] = [],
  access: Access = everythingAllowed,
  callWebhook?: CallWebhook,
  compaction: CompactionPolicy = defaultCompactionPolicy,
  services: ServiceRanges = {},
): Promise<TestApi> {
  const directory = mkdtempSync(join(tmpdir(), 'diatom-verbs-'));
  const store = openSqliteStore({ directory, compaction });
  const clock = { nowMs: Date.parse('2026-01-01T00:00:00Z') };
  const podLog = () => Promise.resolve({ status: 200, headers: {}, body: 'log line\n' });
  const handle = createApi({
    store,
    access,
    podLog,
    ...(callWebhook === undefined ? {} : { callWebhook }),
    kinds,
    services,
    now: () => clock.nowMs,
    random: seededRandom(1),
  });
  const streams = new Set<ApiStream>();
  const send = async (method: string, path: string, body: unknown, headers: Readonly<Record<string, string>>) => {
    const bytes =
      body instanceof Uint8Array
        ? body
        : new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
    return handle({ method, path, headers, body: body === undefined ? new Uint8Array() : bytes }, admin);
  };
  const api: TestApi = {
    store,
    directory,
    handle,
    clock,
    call: async (method, path, body, headers = {}) => {
      const response = await whole(await send(method, path, body, headers));
      const text = typeof response.body === 'string' ? response.body : '';
      return { status: response.status, headers: response.headers, text, body: await readAnswer(response) };
    },
    watch: async (path, headers = {}) => {
      const response = await send('GET', path, undefined, headers);
      if (typeof response.body === 'string' || response.body instanceof Uint8Array) {
        throw new Error(`no watch: ${response.status} ${response.body}`);
      }
      const stream = response.body;
      streams.add(stream);
      const chunks = stream.chunks[Symbol.asyncIterator]();
      const lines: string[] = [];
      return {
        next: async () => {
          while (lines.length === 0) {
            const { value, done } = await chunks.next();
            if (done === true) throw new Error('the watch has ended');
            lines.push(...String(value).trimEnd().split('\n'));
          }
          return parseJson(lines.shift() ?? '') as { readonly type: string; readonly object: JsonRecord };
        },
        close: () => {
          streams.delete(stream);
          stream.cancel();
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      for (const stream of streams) stream.cancel();
      await store.close();
      rmSync(directory, { recursive: true });
    },
  };
  await api.call('POST', '/api/v1/namespaces', { metadata: { name: 'default' } });
  return api;
}

export const configMap = (name: string, more: JsonRecord = {}): JsonRecord => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  ...more,
});

export const configMaps = '/api/v1/namespaces/default/configmaps';
export const pods = '/api/v1/namespaces/default/pods';
export const deployments = '/apis/apps/v1/namespaces/default/deployments';

export const pod = (name: string, more: JsonRecord = {}): JsonRecord => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'main', image: 'example/hello:1' }], ...more },
});

export const deployment = (name: string, more: JsonRecord = {}): JsonRecord => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'main', image: 'example/hello:1' }] },
    },
    ...more,
  },
});
