/** Decoding a custom resource: metadata is typed, the rest is pruned to the structural schema. */

import { type Decoded, decodeTyped } from '../decode-typed.ts';
import { isRecord, type JsonRecord } from '../json.ts';
import type { Schema } from '../schema.ts';
import { schemaOf } from '../type-table.ts';
import { prune } from './prune.ts';

export function decodeCustom(schema: Schema, value: JsonRecord, kind: string, version: string): Decoded {
  const { metadata, ...rest } = value;
  const unknown: string[] = [];
  const pruned = prune(schema, rest, '', unknown);
  const body = isRecord(pruned) ? pruned : {};
  if (metadata === undefined || metadata === null) return { object: body, unknownFields: unknown };
  if (!isRecord(metadata)) return { object: { ...body, metadata: {} }, unknownFields: unknown };
  const decoded = decodeTyped(schemaOf('meta.v1.ObjectMeta'), metadata, kind, version);
  return {
    object: { ...body, metadata: decoded.object },
    unknownFields: [...decoded.unknownFields.map((field) => `metadata.${field}`), ...unknown],
  };
}
