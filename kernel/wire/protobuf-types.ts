/** Which message an object is in protobuf: by its apiVersion and kind. Custom resources have none. */
import { builtInRows, reviewRows, unstoredTypes } from '../kinds/built-in.ts';
import type { Field, Schema } from '../kinds/schema.ts';
import { schemaOf } from '../kinds/type-table.ts';

/** Groups of the types that are no kind of their own, by Go package where it is not the group's name. */
const groupsByPackage: Readonly<Record<string, string>> = {
  core: '',
  meta: '',
  authentication: 'authentication.k8s.io',
  authorization: 'authorization.k8s.io',
};

const typesByKind: ReadonlyMap<string, string> = new Map(
  [
    ...unstoredTypes.map((type) => ({ type, group: groupsByPackage[type.split('.')[0] ?? ''] ?? type.split('.')[0] })),
    ...reviewRows,
    ...builtInRows,
  ].map(({ type, group }) => {
    const [, version = '', kind = ''] = type.split('.');
    return [`${group === '' ? version : `${group}/${version}`} ${kind}`, type];
  }),
);

const field = (schema: Schema, protobuf: number): Field => ({
  schema,
  protobuf,
  required: false,
  wrapped: false,
  patchStrategy: [],
});

/** `metadata` and `items` of every list, by the field numbers of upstream's messages. */
function listOf(items: Schema, numbers: { readonly metadata: number; readonly items: number }): Schema {
  return {
    type: 'object',
    fields: new Map([
      ['metadata', field(schemaOf('meta.v1.ListMeta'), numbers.metadata)],
      ['items', field({ type: 'array', items }, numbers.items)],
    ]),
  };
}

const usualNumbers = { metadata: 1, items: 2 };
const partial: Schema = {
  type: 'object',
  get fields() {
    return new Map([['metadata', field(schemaOf('meta.v1.ObjectMeta'), 1)]]);
  },
};

/** apimachinery's own, of which the tables have no row; the beta list has its fields the other way round. */
const partialMessages: Readonly<Record<string, () => Schema>> = {
  'meta.k8s.io/v1 PartialObjectMetadata': () => partial,
  'meta.k8s.io/v1beta1 PartialObjectMetadata': () => partial,
  'meta.k8s.io/v1 PartialObjectMetadataList': () => listOf(partial, usualNumbers),
  'meta.k8s.io/v1beta1 PartialObjectMetadataList': () => listOf(partial, { metadata: 2, items: 1 }),
};

const messages = new Map<string, Schema>();

/** Undefined: there is no such message. */
export function messageOf(apiVersion: string, kind: string): Schema | undefined {
  // The list of versions, the first thing a client asks for, has none itself.
  const key = `${apiVersion || 'v1'} ${kind}`;
  let message = messages.get(key);
  if (message === undefined) {
    message = makeMessage(key);
    if (message !== undefined) messages.set(key, message);
  }
  return message;
}

function makeMessage(key: string): Schema | undefined {
  const own = typesByKind.get(key);
  if (own !== undefined) return schemaOf(own);
  const special = Object.hasOwn(partialMessages, key) ? partialMessages[key] : undefined;
  if (special !== undefined) return special();
  const item = key.endsWith('List') ? typesByKind.get(key.slice(0, -'List'.length)) : undefined;
  return item === undefined ? undefined : listOf(schemaOf(item), usualNumbers);
}
