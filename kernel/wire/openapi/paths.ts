/** Path items: what can be done with a kind, as kubectl looks it up (query parameters of PATCH, group-version-kinds). */
import type { JsonRecord } from '../../kinds/json.ts';
import type { Kind } from '../../kinds/kind.ts';
import { schemaRef } from './schemas.ts';

const patchTypes = {
  'built-in': [
    'application/apply-patch+yaml',
    'application/json-patch+json',
    'application/merge-patch+json',
    'application/strategic-merge-patch+json',
  ],
  custom: ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json'],
} as const;

function queryParameter(name: string, type: string, description: string): JsonRecord {
  return { name, in: 'query', description, schema: { type, uniqueItems: true } };
}

const dryRun = queryParameter('dryRun', 'string', 'All: do everything but store the result.');
const fieldManager = queryParameter('fieldManager', 'string', 'Who makes the change.');
const fieldValidation = queryParameter(
  'fieldValidation',
  'string',
  'What to do about unknown and duplicate fields: Ignore, Warn or Strict.',
);
const force = queryParameter('force', 'boolean', 'Server-side apply: take over fields of other managers.');
const writing = [dryRun, fieldManager, fieldValidation];
const listing = [
  queryParameter('allowWatchBookmarks', 'boolean', 'Send bookmarks while watching.'),
  queryParameter('continue', 'string', 'Where the last page ended.'),
  queryParameter('fieldSelector', 'string', 'Only objects with these fields.'),
  queryParameter('labelSelector', 'string', 'Only objects with these labels.'),
  queryParameter('limit', 'integer', 'Objects per page.'),
  queryParameter('resourceVersion', 'string', 'From which state.'),
  queryParameter('resourceVersionMatch', 'string', 'How resourceVersion is meant.'),
  queryParameter('sendInitialEvents', 'boolean', 'Start a watch with the present state.'),
  queryParameter('timeoutSeconds', 'integer', 'How long a watch lasts.'),
  queryParameter('watch', 'boolean', 'Changes instead of a list.'),
];
const deleting = [
  dryRun,
  queryParameter('gracePeriodSeconds', 'integer', 'Seconds until the object goes.'),
  queryParameter('propagationPolicy', 'string', 'What becomes of dependents: Orphan, Background or Foreground.'),
];

function pathParameter(name: string): JsonRecord {
  return {
    name,
    in: 'path',
    required: true,
    description: `${name} of the object`,
    schema: { type: 'string', uniqueItems: true },
  };
}

function content(name: string, types: readonly string[] = ['application/json']): JsonRecord {
  return Object.fromEntries(types.map((type) => [type, { schema: schemaRef(name) }]));
}

/** Empty lists are left out: Go's readers would write them otherwise than they were. */
const withParameters = (parameters: readonly JsonRecord[]): JsonRecord =>
  parameters.length === 0 ? {} : { parameters };

interface Names {
  readonly item: string;
  readonly list: string;
  readonly deleteOptions: string;
  readonly status: string;
  /** Of autoscaling/v1. */
  readonly scale: string;
}

const scaleType = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

/** The same on how many there are of the object. */
const ofScale = (operation: JsonRecord): JsonRecord => ({
  ...operation,
  operationId: `${String(operation.operationId)}Scale`,
  'x-kubernetes-group-version-kind': scaleType,
});

function operation(
  kind: Kind,
  action: string,
  parameters: readonly JsonRecord[],
  answer: string,
  body?: JsonRecord,
): JsonRecord {
  const scope = kind.namespaced ? 'Namespaced' : '';
  const group =
    kind.group === '' ? 'Core' : (kind.group.split('.')[0] ?? '').replace(/^./, (letter) => letter.toUpperCase());
  const version = kind.version.replace(/^./, (letter) => letter.toUpperCase());
  return {
    operationId: `${action}${group}${version}${scope}${kind.kind}`,
    tags: [`${group.toLowerCase()}_${kind.version}`],
    ...withParameters(parameters),
    ...(body === undefined ? {} : { requestBody: { content: body } }),
    responses: { '200': { description: 'OK', content: content(answer) }, '401': { description: 'Unauthorized' } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group: kind.group, version: kind.version, kind: kind.kind },
  };
}

/** The paths of one kind below `/api/v1` or `/apis/G/V`. */
export function pathItems(kind: Kind, root: string, names: Names): Record<string, JsonRecord> {
  const scope = kind.namespaced ? '/namespaces/{namespace}' : '';
  const shared = kind.namespaced ? [pathParameter('namespace')] : [];
  const collection = `${root}${scope}/${kind.resource}`;
  const has = (verb: string): boolean => kind.verbs.includes(verb);
  const patchBody = content('io.k8s.apimachinery.pkg.apis.meta.v1.Patch', patchTypes[kind.nature]);
  const items: Record<string, JsonRecord> = {
    [collection]: {
      ...(has('list') ? { get: operation(kind, 'list', listing, names.list) } : {}),
      ...(has('create') ? { post: operation(kind, 'post', writing, names.item, content(names.item)) } : {}),
      ...(has('deletecollection')
        ? {
            delete: operation(
              kind,
              'deletecollection',
              [...listing, ...deleting],
              names.status,
              content(names.deleteOptions),
            ),
          }
        : {}),
      ...withParameters(shared),
    },
  };
  if (kind.namespaced && has('list'))
    items[`${root}/${kind.resource}`] = { get: operation(kind, 'list', listing, names.list) };
  if (!has('get')) return items;
  const patch = operation(kind, 'patch', [...writing, force], names.item, patchBody);
  items[`${collection}/{name}`] = {
    get: operation(kind, 'get', [], names.item),
    put: operation(kind, 'put', writing, names.item, content(names.item)),
    patch,
    delete: operation(kind, 'delete', deleting, names.status, content(names.deleteOptions)),
    parameters: [pathParameter('name'), ...shared],
  };
  if (kind.subresources.has('status')) {
    items[`${collection}/{name}/status`] = {
      get: operation(kind, 'get', [], names.item),
      put: operation(kind, 'put', writing, names.item, content(names.item)),
      patch,
      parameters: [pathParameter('name'), ...shared],
    };
  }
  if (kind.subresources.has('scale')) {
    items[`${collection}/{name}/scale`] = {
      get: ofScale(operation(kind, 'get', [], names.scale)),
      put: ofScale(operation(kind, 'put', writing, names.scale, content(names.scale))),
      patch: ofScale(operation(kind, 'patch', [...writing, force], names.scale, patchBody)),
      parameters: [pathParameter('name'), ...shared],
    };
  }
  return items;
}
