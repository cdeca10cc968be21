/** Objects and lists in the representation a client asked for: as they are, Table, PartialObjectMetadata(List). */
import { type JsonRecord, parseJson } from '../kinds/json.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import { type TableColumn, tableColumns } from '../kinds/printers/table-columns.ts';
import type { Answer } from './media.ts';
import { encodeList } from './protobuf-encode.ts';
import { messageOf } from './protobuf-types.ts';
import { ApiError, badRequest } from './status.ts';

export interface RenderOptions {
  readonly answer: Answer;
  /** A Table without definitions of its columns: one that follows another. */
  readonly noColumns?: boolean;
  /** Of a Table's rows: None, Metadata (default), Object. */
  readonly includeObject: string;
  readonly nowMs: number;
}

export interface ListMetadata {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

export function checkIncludeObject(value: string | null): string {
  if (value === null || value === '') return 'Metadata';
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value;
  const why = `Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`;
  throw badRequest(`Unable to convert to Table as requested: includeObject: ${why}`);
}

export function partialMetadata(text: string, version: string, parsed?: JsonRecord): string {
  const object = parsed ?? (parseJson(text) as JsonRecord);
  return `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${version}","metadata":${JSON.stringify(object.metadata ?? {})}}`;
}

export function columnDefinitions(kind: Kind): string {
  return JSON.stringify(
    tableColumns(kind).map(({ name, type, format, description, priority }: TableColumn) => ({
      name,
      type,
      format: format ?? '',
      description,
      priority,
    })),
  );
}

function tableRow(kind: Kind, text: string, options: RenderOptions, parsed?: JsonRecord): string {
  const object = parsed ?? (parseJson(text) as JsonRecord);
  const cells = tableColumns(kind).map((column) => {
    const cell = column.cell(object, options.nowMs);
    return cell === undefined ? null : cell;
  });
  const embedded =
    options.includeObject === 'None'
      ? 'null'
      : options.includeObject === 'Object'
        ? text
        : partialMetadata(text, options.answer.version, object);
  return `{"cells":${JSON.stringify(cells)},"object":${embedded}}`;
}

export function table(kind: Kind, texts: readonly string[], metadata: ListMetadata, options: RenderOptions): string {
  const rows = texts.map((text) => tableRow(kind, text, options));
  return `{"kind":"Table","apiVersion":"meta.k8s.io/${options.answer.version}","metadata":${JSON.stringify(metadata)},"columnDefinitions":${options.noColumns === true ? 'null' : columnDefinitions(kind)},"rows":[${rows.join(',')}]}`;
}

/** Text, or bytes where the client gets protobuf and the list is made so at once. */
export function list(
  kind: Kind,
  texts: readonly string[],
  metadata: ListMetadata,
  options: RenderOptions,
): string | Uint8Array {
  switch (options.answer.representation) {
    case 'table':
      return table(kind, texts, metadata, options);
    case 'partial':
    case 'partial-list': {
      const items = texts.map((text) => partialMetadata(text, options.answer.version));
      return `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/${options.answer.version}","metadata":${JSON.stringify(metadata)},"items":[${items.join(',')}]}`;
    }
    case 'object':
      if (options.answer.encoding === 'protobuf') return protobufList(kind, texts, metadata);
      return `{"kind":"${kind.listKind}","apiVersion":"${apiVersionOf(kind)}","metadata":${JSON.stringify(metadata)},"items":[${texts.join(',')}]}`;
  }
}

export function single(kind: Kind, text: string, options: RenderOptions): string {
  switch (options.answer.representation) {
    case 'table': {
      const object = JSON.parse(text) as { metadata?: { resourceVersion?: string } };
      return table(kind, [text], { resourceVersion: object.metadata?.resourceVersion ?? '' }, options);
    }
    case 'partial':
    case 'partial-list':
      return partialMetadata(text, options.answer.version);
    case 'object':
      return text;
  }
}

/**
 * A list is no PartialObjectMetadata and an object no list of it: a 406 in upstream's words (apiserver handlers/response.go),
 * though before a write and not after it.
 */
export function requireFitting({ representation }: Answer, kind: Kind, isList: boolean): void {
  if (representation === 'partial' && isList)
    throw wrongRepresentation('PartialObjectMetadata', 'is a list', kind.listKind);
  if (representation === 'partial-list' && !isList)
    throw wrongRepresentation('PartialObjectMetadataList', 'is not a list', kind.kind);
}

function wrongRepresentation(asked: string, why: string, kind: string): ApiError {
  return new ApiError(406, 'NotAcceptable', `you requested ${asked}, but the requested object ${why} (${kind})`);
}

function protobufList(kind: Kind, texts: readonly string[], metadata: ListMetadata): Uint8Array {
  const apiVersion = apiVersionOf(kind);
  const schema = messageOf(apiVersion, kind.listKind);
  if (schema === undefined) throw new Error(`${apiVersion} ${kind.listKind} has no protobuf message`);
  return encodeList({ schema, apiVersion, kind: kind.listKind, metadata: { ...metadata } }, texts);
}
