/** What the verbs know about a kind: data, and the few functions that data cannot say. */
import type { Identity } from '@diatom/sdk/api';
import type { FieldError } from '../wire/status.ts';
import type { CustomBehaviour } from './custom/behaviour.ts';
import type { JsonRecord } from './json.ts';
import type { NameForm } from './names.ts';
import type { Schema } from './schema.ts';

/** One printer column: what `kubectl get` shows. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description: string;
  /** Above 0: only with `-o wide`. */
  readonly priority: number;
  readonly cell: (object: JsonRecord, nowMs: number) => string | number | bigint | boolean | null;
}

export interface ScalePaths {
  readonly specReplicas: readonly string[];
  readonly statusReplicas: readonly string[];
  /** Where the selector stands: a LabelSelector object for built-in kinds, a string for custom resources. */
  readonly selector: readonly string[] | undefined;
}

export interface WriteContext {
  readonly nowMs: number;
  /** Stored objects of the same kind that have this piece of JSON in them. */
  readonly others?: (part: string) => readonly JsonRecord[];
  /** The objects of a namespace, as they are when the write is made. */
  readonly list?: ObjectList;
  /** To be called when what is written has been counted from `list`. */
  readonly counted?: () => void;
  /** Who writes; absent where the kernel itself does. */
  readonly user?: Identity;
  /** Of an update: empty for the object itself. */
  readonly subresource?: string;
}

/** A stored object of the whole cluster by its name; undefined when there is none. */
export type ObjectLookup = (group: string, resource: string, name: string) => JsonRecord | undefined;

/** The stored objects of one namespace. */
export type ObjectList = (group: string, resource: string, namespace: string) => readonly JsonRecord[];

export type Propagation = 'Background' | 'Foreground' | 'Orphan';

/** What a subresource of a kind may write of it. */
export interface KindPart {
  /** The previous object with the part of `wanted` that this subresource writes. */
  readonly take: (wanted: JsonRecord, previous: JsonRecord) => JsonRecord;
  readonly validate: (object: JsonRecord, previous: JsonRecord) => readonly FieldError[];
}

/** What a write may be given of what all objects of a cluster share (kernel/allocation). */
export interface Grants {
  /** Of the addresses there are, the default one first. */
  readonly families: readonly ('IPv4' | 'IPv6')[];
  /** Undefined: none is left. */
  readonly nextAddress: (family: 'IPv4' | 'IPv6') => string | undefined;
  /** Asks for this one; an answer is why it cannot be had. */
  readonly takeAddress: (address: string) => string | undefined;
  readonly nextPort: () => number | undefined;
  readonly takePort: (port: number) => string | undefined;
}

/** What of it an object has. */
export interface Holdings {
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
}

/** Which fields of a kind hold what is given out, and when. */
export interface KindAllocation {
  readonly holdings: (object: JsonRecord) => Holdings;
  /**
   * Fills in what an object lacks and asks for what it names, of a new one or of one that replaces `previous`. Answers
   * what it may not have, or, as one sentence, that nothing is left to give.
   */
  readonly fill: (
    object: JsonRecord,
    previous: JsonRecord | undefined,
    grants: Grants,
  ) => readonly FieldError[] | string;
}

/** Behaviour of a kind beyond its schema. Every function changes or judges a plain object and nothing else. */
export interface KindRules {
  /** Upstream's SetDefaults_*: idempotent, on every write. */
  readonly defaults?: (object: JsonRecord) => void;
  /** Fields the server fills in or clears on create (strategy.PrepareForCreate and default admission). */
  readonly prepareCreate?: (object: JsonRecord, context: WriteContext) => void;
  /**
   * Admission that needs other objects, of a new object that is about to be stored. May change it; an answer is why it is
   * forbidden. Made before webhooks are asked, again when they have changed the object, and at last.
   */
  readonly admitCreate?: (object: JsonRecord, lookup: ObjectLookup, list: ObjectList) => string | undefined;
  /** Why an update of the object itself is forbidden. */
  readonly admitUpdate?: (object: JsonRecord, previous: JsonRecord, lookup: ObjectLookup) => string | undefined;
  /** Why the object may not be deleted. */
  readonly admitDelete?: (object: JsonRecord) => string | undefined;
  readonly prepareUpdate?: (object: JsonRecord, previous: JsonRecord, context: WriteContext) => void;
  readonly prepareStatus?: (object: JsonRecord, previous: JsonRecord, context: WriteContext) => void;
  readonly validate?: (object: JsonRecord) => readonly FieldError[];
  /** Of a new object only. */
  readonly validateCreate?: (object: JsonRecord) => readonly FieldError[];
  readonly validateUpdate?: (object: JsonRecord, previous: JsonRecord) => readonly FieldError[];
  /** Of a write to a subresource that holds the status. */
  readonly validateStatus?: (object: JsonRecord, previous: JsonRecord) => readonly FieldError[];
  /** By subresource: those that write a part of the object that is not its status. */
  readonly parts?: Readonly<Record<string, KindPart>>;
  readonly allocation?: KindAllocation;
  readonly name?: NameForm;
  /** A create may bring status along (Node: kubelets register with it). */
  readonly keepsStatusOnCreate?: boolean;
  /** What is accepted and will not do what it seems to say. */
  readonly warnings?: (object: JsonRecord, previous: JsonRecord | undefined) => readonly string[];
  /** What of the metadata a write of the status cannot change beside what the server sets (custom resources: all of it). */
  readonly statusKeeps?: 'metadata' | readonly string[];
  /** An update has to name the resourceVersion it replaces. */
  readonly conditionalUpdate?: boolean;
  /** Counts spec changes in metadata.generation. */
  readonly generation?: boolean;
  /** PUT to a name that does not exist creates it. */
  readonly createOnUpdate?: boolean;
  /** Seconds a delete waits for whoever runs the object; absent: none. */
  readonly gracePeriodSeconds?: (object: JsonRecord, requested: number | undefined) => number;
  /** True while something other than metadata.finalizers keeps a deleted object (a namespace's content). */
  readonly held?: (object: JsonRecord) => boolean;
  readonly beforeDelete?: (object: JsonRecord, context: WriteContext) => void;
  readonly defaultPropagation?: Propagation;
  /** No garbage collector looks at it: a deletion never waits for one. */
  readonly uncollected?: boolean;
  /** Makes a deletion wait for a part of the kernel itself. */
  readonly deletionFinalizer?: string;
}

export type ReviewName =
  | 'tokenReview'
  | 'selfSubjectReview'
  | 'subjectAccessReview'
  | 'selfSubjectAccessReview'
  | 'selfSubjectRulesReview'
  | 'localSubjectAccessReview';

/** The kind is another one under other names: `fields` from its own top-level field names to those of the other. */
export interface KindView {
  readonly of: { readonly group: string; readonly version: string; readonly resource: string };
  readonly fields: Readonly<Record<string, string>>;
}

/** Between a version of a built-in kind and the one its objects are stored in; neither changes what it is given. */
export interface VersionConversion {
  readonly toStored: (object: JsonRecord) => JsonRecord;
  readonly fromStored: (stored: JsonRecord) => JsonRecord;
}

export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  /** Plural, as in paths. */
  readonly resource: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** The apiVersion its objects are stored under. */
  readonly storageApiVersion: string;
  readonly verbs: readonly string[];
  readonly subresources: ReadonlySet<string>;
  readonly scale?: ScalePaths;
  readonly schema: Schema;
  /** Field label to the paths of its value, beside metadata.name and metadata.namespace: the first that has one counts. */
  readonly selectable: ReadonlyMap<string, readonly (readonly string[])[]>;
  /** Without Name, with Age where it has one; printers/table-columns.ts puts Name in front. */
  readonly columns: readonly Column[];
  readonly rules: KindRules;
  /** `custom`: schema validation and pruning instead of typed decoding; no strategic merge. */
  readonly nature: 'built-in' | 'custom';
  /** A custom resource whose definition is being deleted takes no new objects. */
  readonly terminating?: boolean;
  /** Posted and answered, never stored: the name of the answer in `Reviews`. */
  readonly review?: ReviewName;
  /** Told, never stored: what the kernel knows at the moment somebody asks. */
  readonly computed?: boolean;
  /** Its objects are stored as those of another kind. */
  readonly view?: KindView;
  /** Of a built-in kind that is stored in another version. */
  readonly conversion?: VersionConversion;
  /** A version to move away from: the warning every request to it gets. */
  readonly deprecationWarning?: string;
  /** Of custom resources. */
  readonly custom?: CustomBehaviour;
  /** The OpenAPI v3 schema a CustomResourceDefinition published. */
  readonly publishedSchema?: JsonRecord;
}

export const allVerbs: readonly string[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

export function apiVersionOf(kind: { readonly group: string; readonly version: string }): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}
