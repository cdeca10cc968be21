/** Content negotiation (apiserver pkg/endpoints/handlers/negotiation): what the client may get and what it sent. */
import type { ApiRequest } from '@diatom/sdk/api';
import { lookup } from '../kinds/json.ts';
import { notAcceptable } from './status.ts';

export type Representation = 'object' | 'table' | 'partial' | 'partial-list';
export type Encoding = 'json' | 'yaml' | 'protobuf';

export const mediaTypes = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
} as const satisfies Readonly<Record<Encoding, string>>;

/** In the order upstream's serializers are registered: a wildcard gets the first. */
const encodings = ['json', 'yaml', 'protobuf'] as const satisfies readonly Encoding[];

export interface AcceptClause {
  /** `application/json` */
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Best quality first, and of equal ones those that say more (goautoneg). */
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
    const quality = Number(parameters.q ?? '1');
    clauses.push({ type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 1 : quality });
  }
  const wildness = ({ type }: AcceptClause): number => (type.startsWith('*/') ? 2 : type.endsWith('/*') ? 1 : 0);
  return clauses
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality || wildness(a) - wildness(b));
}

export interface Answer {
  readonly encoding: Encoding;
  readonly representation: Representation;
  /** meta.k8s.io version of a Table or PartialObjectMetadata. */
  readonly version: 'v1' | 'v1beta1';
  /** With line breaks, for people. */
  readonly pretty: boolean;
}

/** What can be made of an answer. */
export interface Offer {
  /** Of the object itself. A custom resource has no protobuf; its metadata has. */
  readonly plain: ReadonlySet<Encoding>;
  /** Whether it can be a Table or PartialObjectMetadata. */
  readonly transforms: boolean;
  /** A stream of events: YAML has no frames. */
  readonly stream: boolean;
}

const everything: ReadonlySet<Encoding> = new Set(encodings);
const textOnly: ReadonlySet<Encoding> = new Set(['json', 'yaml']);

export const offers = {
  builtIn: { plain: everything, transforms: true, stream: false },
  custom: { plain: textOnly, transforms: true, stream: false },
  builtInWatch: { plain: everything, transforms: true, stream: true },
  customWatch: { plain: textOnly, transforms: true, stream: true },
  /** Errors, discovery, reviews: as they are, in any encoding. */
  plain: { plain: everything, transforms: false, stream: false },
} as const satisfies Readonly<Record<string, Offer>>;

const representations = lookup<Representation>({
  Table: 'table',
  PartialObjectMetadata: 'partial',
  PartialObjectMetadataList: 'partial-list',
});

export const plainJson: Answer = { encoding: 'json', representation: 'object', version: 'v1', pretty: false };

const serves = (type: string, encoding: Encoding): boolean =>
  type === mediaTypes[encoding] || type === 'application/*' || type === '*/*';

/** The first thing the client accepts that can be made; undefined when there is none. */
export function negotiable(header: string | undefined, offer: Offer): Answer | undefined {
  if (header === undefined || header === '') return plainJson;
  for (const { type, parameters } of parseAccept(header)) {
    for (const encoding of encodings) {
      if (!serves(type, encoding) || (offer.stream && encoding === 'yaml')) continue;
      const answer = transformed(encoding, parameters, offer);
      if (answer !== undefined) return answer;
    }
  }
  return undefined;
}

/** acceptMediaTypeOptions and RequestScope.AllowsMediaTypeTransform. */
function transformed(encoding: Encoding, parameters: AcceptClause['parameters'], offer: Offer): Answer | undefined {
  const { as, g, v, stream = '' } = parameters;
  const pretty = parameters.pretty === '1';
  if (stream !== '' && (stream !== 'watch' || encoding === 'yaml')) return undefined;
  if (as === undefined && g === undefined && v === undefined) {
    return offer.plain.has(encoding) ? { encoding, representation: 'object', version: 'v1', pretty } : undefined;
  }
  const representation = representations.get(as ?? '');
  if (representation === undefined || !offer.transforms || g !== 'meta.k8s.io') return undefined;
  if (v !== 'v1' && v !== 'v1beta1') return undefined;
  if (representation === 'table' && encoding === 'protobuf') return undefined;
  return { encoding, representation, version: v, pretty };
}

/** Programs people read the answers of (apiserver handlers/responsewriters: isPrettyPrint). */
const readByPeople = /^(curl|Wget|Mozilla\/5\.0)/;

/** The answer with line breaks where somebody asked for them with `?pretty=`, or is likely to look at it. */
export function legible(answer: Answer, request: ApiRequest): Answer {
  if (answer.encoding !== 'json' || answer.pretty) return answer;
  const asked = request.path.includes('pretty=') ? /[?&]pretty=([^&]+)/.exec(request.path)?.[1] : undefined;
  const pretty = asked === undefined ? readByPeople.test(request.headers['user-agent'] ?? '') : isTrue(asked);
  return pretty ? { ...answer, pretty } : answer;
}

/** As Go reads a boolean. */
const isTrue = (text: string): boolean => /^(1|t|T|true|True|TRUE)$/.test(text);

/** Clients send the same few headers all the time. */
const known = new Map<Offer, Map<string, Answer>>();
const mostKnown = 100;

/** Throws 406 when nothing the client accepts can be made. */
export function negotiate(header: string | undefined, offer: Offer): Answer {
  if (header === undefined || header === '') return plainJson;
  let answers = known.get(offer);
  if (answers === undefined) {
    answers = new Map();
    known.set(offer, answers);
  }
  const found = answers.get(header);
  if (found !== undefined) return found;
  const answer = negotiable(header, offer);
  if (answer === undefined) throw notAcceptable(acceptedTypes(offer.stream));
  if (answers.size < mostKnown && header.length < 1000) answers.set(header, answer);
  return answer;
}

const acceptedTypes = (stream: boolean): readonly string[] =>
  stream
    ? [`${mediaTypes.json};stream=watch`, `${mediaTypes.protobuf};stream=watch`]
    : encodings.map((encoding) => mediaTypes[encoding]);

/** The media type of a body without its parameters; JSON where a client (kubectl 1.20) sends none. */
export function bodyType(header: string | undefined): string {
  return header?.split(';')[0]?.trim().toLowerCase() || mediaTypes.json;
}
