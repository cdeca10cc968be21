/** Request bodies in whatever form they come: JSON, YAML or protobuf. */
import { isRecord, type JsonRecord } from '../kinds/json.ts';
import type { Schema } from '../kinds/schema.ts';
import { schemaOf } from '../kinds/type-table.ts';
import { type ParsedBody, parseJsonBody } from './json-body.ts';
import { bodyType } from './media.ts';
import { decodeEnvelope, decodeMessage } from './protobuf.ts';
import { badRequest, entityTooLarge, unsupportedMediaType } from './status.ts';

export const bodyLimitBytes = 3 * 1024 * 1024;
const protobufType = 'application/vnd.kubernetes.protobuf';

export interface Body {
  readonly value: JsonRecord;
  readonly duplicateFields: readonly string[];
  readonly yamlProblems?: readonly string[];
}

const text = new TextDecoder();

/**
 * `schema` is the type a protobuf body holds; without one (custom resources) protobuf is a 415, as upstream. A protobuf
 * DeleteOptions is recognised by its own type name.
 */
export async function readBody(bytes: Uint8Array, contentType: string | undefined, schema?: Schema): Promise<Body> {
  if (bytes.length > bodyLimitBytes) {
    throw entityTooLarge(`limit is ${bodyLimitBytes} bytes, the request body has ${bytes.length}`);
  }
  switch (bodyType(contentType)) {
    case 'application/json':
      return asRecord(parseJsonBody(text.decode(bytes)));
    case 'application/yaml':
    case 'application/apply-patch+yaml': {
      const source = text.decode(bytes);
      return asRecord(jsonAsYaml(source) ?? (await (await import('./yaml-body.ts')).parseYamlBody(source)));
    }
    case protobufType: {
      const { apiVersion, kind, raw } = decodeEnvelope(bytes);
      const type = kind === 'DeleteOptions' ? schemaOf('meta.v1.DeleteOptions') : schema;
      if (type === undefined) throw unsupportedMediaType(['application/json', 'application/yaml']);
      return {
        value: {
          ...(apiVersion === '' ? {} : { apiVersion }),
          ...(kind === '' ? {} : { kind }),
          ...decodeMessage(type, raw),
        },
        duplicateFields: [],
      };
    }
    default:
      throw unsupportedMediaType(['application/json', 'application/yaml', protobufType]);
  }
}

/** Clients apply JSON, which is YAML, and is read a hundred times as fast. What is wrong with it is told as of YAML. */
function jsonAsYaml(source: string): ParsedBody | undefined {
  if (!/^\s*\{/.test(source)) return undefined;
  try {
    const parsed = parseJsonBody(source);
    return parsed.duplicateFields.length === 0 ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function asRecord({ value, ...problems }: ParsedBody): Body {
  if (!isRecord(value)) {
    throw badRequest("couldn't get version/kind; json parse error: json: cannot unmarshal the body into an object");
  }
  return { value, ...problems };
}
