/** Content negotiation (apiserver pkg/endpoints/handlers/negotiation): what the client may get and what it sent. */
import { lookup } from '../kinds/json.ts';
import { notAcceptable } from './status.ts';

export type Representation = 'object' | 'table' | 'partial' | 'partial-list';

export interface AcceptClause {
  /** `application/json` */
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export function parseAccept(header: string | undefined): readonly AcceptClause[] {
  const clauses: (AcceptClause & { readonly quality: number })[] = [];
  for (const part of (header ?? '').split(',')) {
    const [type = '', ...rest] = part.split(';').map((word) => word.trim());
    if (type === '') continue;
    const parameters: Record<string, string> = {};
    for (const word of rest) {
      const equals = word.indexOf('=');
      if (equals > 0) parameters[word.slice(0, equals).toLowerCase()] = word.slice(equals + 1).replace(/^"|"$/g, '');
    }
    clauses.push({ type: type.toLowerCase(), parameters, quality: Number(parameters.q ?? '1') });
  }
  return clauses.filter((clause) => clause.quality > 0).sort((a, b) => b.quality - a.quality);
}

const jsonTypes = new Set(['application/json', 'application/*', '*/*']);
/** A client that asks for protobuf or CBOR first and JSON after gets JSON. */
const offered = [
  'application/json',
  'application/json;as=Table;g=meta.k8s.io;v=v1',
  'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
  'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
];

export interface Answer {
  readonly representation: Representation;
  /** meta.k8s.io version of a Table or PartialObjectMetadata. */
  readonly version: 'v1' | 'v1beta1';
}

const representations = lookup<Representation>({
  Table: 'table',
  PartialObjectMetadata: 'partial',
  PartialObjectMetadataList: 'partial-list',
});

/** Throws 406 when nothing the client accepts can be made. */
export function negotiate(header: string | undefined): Answer {
  if (header === undefined || header === '') return { representation: 'object', version: 'v1' };
  for (const { type, parameters } of parseAccept(header)) {
    if (!jsonTypes.has(type) && type !== 'application/yaml') continue;
    if (type === 'application/yaml') continue;
    const as = parameters.as;
    if (as === undefined) return { representation: 'object', version: 'v1' };
    const representation = representations.get(as);
    const version = parameters.v;
    const known = parameters.g === 'meta.k8s.io' && (version === 'v1' || version === 'v1beta1');
    if (representation !== undefined && known) return { representation, version };
  }
  throw notAcceptable(offered);
}

/** For what is answered as it is and has no other representation: a 406 where the client takes only those. */
export function requirePlainObject(header: string | undefined): void {
  const clauses = parseAccept(header);
  if (clauses.length === 0) return;
  if (clauses.some(({ type, parameters }) => jsonTypes.has(type) && parameters.as === undefined)) return;
  throw notAcceptable(['application/json']);
}

/** The media type of a body without its parameters; JSON where a client (kubectl 1.20) sends none. */
export function bodyType(header: string | undefined): string {
  return header?.split(';')[0]?.trim().toLowerCase() || 'application/json';
}
