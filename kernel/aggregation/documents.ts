/** What a remote API says of itself, as far as it goes into the documents of the cell: resources and schemas. */
import { createHash } from 'node:crypto';
import type { ApiResponse } from '@diatom/sdk/api';
import type { CallRemote } from '../http/remote-api.ts';
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../kinds/json.ts';
import { ask } from './availability.ts';
import type { Remote } from './remote.ts';

/** A version of a group that somebody else serves, for discovery. */
export interface RemoteVersion {
  readonly group: string;
  readonly version: string;
  readonly groupPriority: number;
  readonly versionPriority: number;
  readonly isAvailable: boolean;
  /** Of its APIResourceList; empty as long as it has not answered. */
  readonly resources: readonly JsonRecord[];
}

export interface RemoteSchemas {
  readonly paths: JsonRecord;
  readonly definitions: JsonRecord;
}

/** The resources of a remote group version; undefined when it does not say. */
export async function readResources(call: CallRemote, remote: Remote): Promise<readonly JsonRecord[] | undefined> {
  const list = await readJson(ask(call, remote, `/apis/${remote.group}/${remote.version}`));
  return list === undefined ? undefined : recordsAt(list, 'resources');
}

export interface Document {
  readonly text: string;
  readonly hash: string;
}

/** /openapi/v3/apis/GROUP/VERSION; undefined where there is none. */
export async function readSchemaDocument(call: CallRemote, remote: Remote): Promise<Document | undefined> {
  const document = await readJson(ask(call, remote, `/openapi/v3/apis/${remote.group}/${remote.version}`));
  if (document === undefined) return undefined;
  const text = JSON.stringify(document);
  return { text, hash: createHash('sha256').update(text).digest('hex').toUpperCase() };
}

/** What of /openapi/v2 is about the remote's group version. */
export async function readSwagger(call: CallRemote, remote: Remote): Promise<RemoteSchemas | undefined> {
  const document = await readJson(ask(call, remote, '/openapi/v2'));
  if (document === undefined) return undefined;
  const prefix = `/apis/${remote.group}/${remote.version}/`;
  const paths = Object.entries(recordAt(document, 'paths')).filter(([path]) => path.startsWith(prefix));
  return { paths: Object.fromEntries(paths), definitions: recordAt(document, 'definitions') };
}

async function readJson(answer: Promise<ApiResponse>): Promise<JsonRecord | undefined> {
  try {
    const { status, body } = await answer;
    if (status !== 200 || !(body instanceof Uint8Array)) return undefined;
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return isRecord(value) ? value : undefined;
  } catch {
    // A document that is not to be had is left out of the cell's: the others are still good.
    return undefined;
  }
}

/** As an item of aggregated discovery (apidiscovery.k8s.io). */
export function discoveryResources({ group, version, resources }: RemoteVersion): readonly JsonRecord[] {
  const responseKind = (resource: JsonRecord): JsonRecord => ({
    group: stringAt(resource, 'group') || group,
    version: stringAt(resource, 'version') || version,
    kind: stringAt(resource, 'kind'),
  });
  return resources
    .filter((resource) => !stringAt(resource, 'name').includes('/'))
    .map((resource) => {
      const name = stringAt(resource, 'name');
      const subresources = resources
        .filter((other) => stringAt(other, 'name').startsWith(`${name}/`))
        .map((other) => ({
          subresource: stringAt(other, 'name').slice(name.length + 1),
          responseKind: responseKind(other),
          verbs: other.verbs ?? [],
        }));
      return {
        resource: name,
        responseKind: responseKind(resource),
        scope: resource.namespaced === true ? 'Namespaced' : 'Cluster',
        singularResource: stringAt(resource, 'singularName'),
        verbs: resource.verbs ?? [],
        ...(resource.shortNames === undefined ? {} : { shortNames: resource.shortNames }),
        ...(resource.categories === undefined ? {} : { categories: resource.categories }),
        ...(subresources.length === 0 ? {} : { subresources }),
      };
    });
}
