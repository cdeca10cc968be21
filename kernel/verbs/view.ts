/**
 * A kind that is another kind's objects under other field names (events.k8s.io Event and core Event). The request is put
 * into the other kind's words, answered there, and the answer put back; nothing is stored twice.
 */
import type { ApiResponse, ApiStream } from '@diatom/sdk/api';
import { isRecord, type JsonRecord, parseJson } from '../kinds/json.ts';
import { apiVersionOf, type Kind, type KindView } from '../kinds/kind.ts';
import { inverse, rename, renamed } from '../kinds/view-names.ts';
import { readBody } from '../wire/body.ts';
import { parseJsonBody } from '../wire/json-body.ts';
import { bodyType } from '../wire/media.ts';
import { pathNotFound } from '../wire/status.ts';
import type { Call, Context } from './context.ts';
import { decodeBody } from './decode.ts';

export async function serveView(
  context: Context,
  call: Call,
  view: KindView,
  serve: (call: Call) => ApiResponse | Promise<ApiResponse>,
): Promise<ApiResponse> {
  const kind = context.kinds.find(view.of.group, view.of.version, view.of.resource);
  if (kind === undefined) throw pathNotFound();
  const query = new URLSearchParams(call.query);
  const selector = query.get('fieldSelector');
  if (selector !== null) query.set('fieldSelector', renameSelector(selector, view.fields));
  const isWrite = call.request.method === 'POST' || call.request.method === 'PUT' || call.request.method === 'PATCH';
  // Names are exchanged in JSON; the answer is encoded after that.
  const answer = { ...call.answer, encoding: 'json', pretty: false } as const;
  const inner: Call = { ...call, kind, query, answer, viewedAs: call.kind };
  const request = isWrite ? await translateBody(call, kind, view.fields) : call.request;
  // Unknown fields have been judged by this kind's own schema.
  if (isWrite) query.set('fieldValidation', 'Ignore');
  return translateAnswer(await serve({ ...inner, request }), call.kind, inverse(view.fields));
}

/** `regarding.name=x` → `involvedObject.name=x` */
function renameSelector(text: string, names: Readonly<Record<string, string>>): string {
  return text
    .split(',')
    .map((term) => term.replace(/^[A-Za-z]+/, (field) => renamed(names, field)))
    .join(',');
}

function renamePointer(pointer: unknown, names: Readonly<Record<string, string>>): unknown {
  return typeof pointer === 'string'
    ? pointer.replace(/^\/([^/]+)/, (_, field: string) => `/${renamed(names, field)}`)
    : pointer;
}

async function translateBody(
  call: Call,
  kind: Kind,
  names: Readonly<Record<string, string>>,
): Promise<Call['request']> {
  const { request } = call;
  const type = bodyType(request.headers['content-type']);
  const send = (value: unknown, contentType: string) => ({
    ...request,
    headers: { ...request.headers, 'content-type': contentType },
    body: new TextEncoder().encode(JSON.stringify(value)),
  });
  const inOther = (object: JsonRecord): JsonRecord => ({ ...rename(object, names), apiVersion: apiVersionOf(kind) });
  if (request.method !== 'PATCH') return send(inOther(await decodeBody(call)), 'application/json');
  if (type === 'application/json-patch+json') {
    const { value } = parseJsonBody(new TextDecoder().decode(request.body));
    const operations = Array.isArray(value) ? value : [];
    return send(
      operations.map((item) =>
        isRecord(item)
          ? { ...item, path: renamePointer(item.path, names), from: renamePointer(item.from, names) }
          : item,
      ),
      type,
    );
  }
  const isApply = type === 'application/apply-patch+yaml';
  const { value } = await readBody(request.body, isApply ? type : 'application/json');
  const { apiVersion: _version, ...rest } = rename(value, names);
  return send(isApply ? { ...rest, apiVersion: apiVersionOf(kind) } : rest, type);
}

function translateAnswer(response: ApiResponse, kind: Kind, names: Readonly<Record<string, string>>): ApiResponse {
  const { body } = response;
  if (body instanceof Uint8Array) return response;
  if (typeof body === 'string')
    return { ...response, body: body === '' ? body : JSON.stringify(translate(parseJson(body), kind, names)) };
  return { ...response, body: translateStream(body, kind, names) };
}

function translate(value: unknown, kind: Kind, names: Readonly<Record<string, string>>): unknown {
  if (!isRecord(value)) return value;
  const each = (list: unknown): unknown =>
    Array.isArray(list) ? list.map((item) => translate(item, kind, names)) : list;
  if (value.kind === kind.kind) return { ...rename(value, names), apiVersion: apiVersionOf(kind) };
  if (value.kind === kind.listKind) return { ...value, apiVersion: apiVersionOf(kind), items: each(value.items) };
  if (value.kind !== 'Table' || !Array.isArray(value.rows)) return value;
  const rows = value.rows.map((row) => (isRecord(row) ? { ...row, object: translate(row.object, kind, names) } : row));
  return { ...value, rows };
}

function translateStream(stream: ApiStream, kind: Kind, names: Readonly<Record<string, string>>): ApiStream {
  const line = (text: string): string => {
    const event = parseJson(text) as JsonRecord;
    return `${JSON.stringify({ ...event, object: translate(event.object, kind, names) })}\n`;
  };
  async function* chunks(): AsyncGenerator<string> {
    for await (const chunk of stream.chunks) {
      // Frames are whole lines: that is how the watch makes them.
      yield String(chunk).trimEnd().split('\n').map(line).join('');
    }
  }
  return { chunks: chunks(), cancel: () => stream.cancel() };
}
