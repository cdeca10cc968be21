/** Decoding a custom resource: metadata is typed, the rest is pruned to the structural schema. */
import { badRequest } from '../../wire/status.ts';
import type { Decoded } from '../decode-typed.ts';
import { isRecord, type JsonRecord } from '../json.ts';
import type { Schema } from '../schema.ts';
import { coerceEmbedded, decodeMetadata, fittingParts, hasEmbedded } from './embedded.ts';
import { prune } from './prune.ts';

/** What somebody sends; metadata of a wrong type is refused. */
export function decodeCustom(schema: Schema, value: JsonRecord, kind: string, version: string): Decoded {
  return decode(schema, value, `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}`);
}

/** What is stored; metadata of a wrong type is left out. */
export function decodeStored(schema: Schema, value: JsonRecord): JsonRecord {
  return decode(schema, value, undefined).object;
}

function decode(schema: Schema, value: JsonRecord, subject: string | undefined): Decoded {
  const { metadata: given, ...rest } = value;
  const unknown: string[] = [];
  const pruned = prune(schema, rest, '', unknown);
  // As upstream tells them: what is pruned by name, then what is too much in metadata (customresource_handler.go).
  unknown.sort();
  const body = isRecord(pruned) ? pruned : {};
  if (hasEmbedded(schema)) coerceEmbedded(schema, body, { ...(subject === undefined ? {} : { subject }), unknown });
  if (given === undefined || given === null) return { object: body, unknownFields: unknown };
  const metadata = decodeMetadata(given);
  if (typeof metadata === 'string') {
    if (subject !== undefined) throw badRequest(`${subject}: ${metadata}`);
    return { object: { ...body, metadata: fittingParts(given) }, unknownFields: unknown };
  }
  return {
    object: { ...body, metadata: metadata.object },
    unknownFields: [...metadata.unknownFields.map((field) => `metadata.${field}`), ...unknown],
  };
}
