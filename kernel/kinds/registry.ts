/** The table of kinds. Built-in kinds, custom ones and those of a test come in through the same `register`. */
import type { CustomBehaviour } from './custom/behaviour.ts';
import { allVerbs, apiVersionOf, type Column, type Kind, type KindRules, type ScalePaths } from './kind.ts';
import type { Schema } from './schema.ts';

/** All there is to say about a kind; what is left out has Kubernetes' usual value. */
export interface KindDefinition {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly resource: string;
  readonly namespaced: boolean;
  readonly schema: Schema;
  readonly listKind?: string;
  readonly singular?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly storageApiVersion?: string;
  readonly verbs?: readonly string[];
  readonly subresources?: readonly string[];
  readonly scale?: ScalePaths;
  /** Paths with dots: `spec.nodeName`. `label=path|path` where the label is not the path, or the value in the first that has one. */
  readonly selectable?: readonly string[];
  readonly columns?: readonly Column[];
  readonly rules?: KindRules;
  readonly nature?: Kind['nature'];
  readonly terminating?: boolean;
  readonly review?: Kind['review'];
  readonly computed?: Kind['computed'];
  readonly view?: Kind['view'];
  readonly conversion?: Kind['conversion'];
  readonly custom?: CustomBehaviour;
  readonly publishedSchema?: Kind['publishedSchema'];
  readonly deprecationWarning?: Kind['deprecationWarning'];
}

export class KindRegistry {
  readonly #kinds = new Map<string, Kind>();
  #generation = 0;

  /** Grows with every change: what is derived from the table is stale when it differs. */
  get generation(): number {
    return this.#generation;
  }

  register(definition: KindDefinition): Kind {
    const kind: Kind = {
      group: definition.group,
      version: definition.version,
      kind: definition.kind,
      listKind: definition.listKind ?? `${definition.kind}List`,
      resource: definition.resource,
      singular: definition.singular ?? definition.kind.toLowerCase(),
      shortNames: definition.shortNames ?? [],
      categories: definition.categories ?? [],
      namespaced: definition.namespaced,
      storageApiVersion: definition.storageApiVersion ?? apiVersionOf(definition),
      verbs: definition.verbs ?? allVerbs,
      subresources: new Set(definition.subresources),
      schema: definition.schema,
      selectable: new Map((definition.selectable ?? []).map(selectableField)),
      columns: definition.columns ?? [],
      rules: definition.rules ?? {},
      nature: definition.nature ?? 'built-in',
      ...(definition.scale === undefined ? {} : { scale: definition.scale }),
      ...(definition.terminating === undefined ? {} : { terminating: definition.terminating }),
      ...(definition.computed === undefined ? {} : { computed: definition.computed }),
      ...(definition.view === undefined ? {} : { view: definition.view }),
      ...(definition.review === undefined ? {} : { review: definition.review }),
      ...(definition.deprecationWarning === undefined ? {} : { deprecationWarning: definition.deprecationWarning }),
      ...(definition.conversion === undefined ? {} : { conversion: definition.conversion }),
      ...(definition.custom === undefined ? {} : { custom: definition.custom }),
      ...(definition.publishedSchema === undefined ? {} : { publishedSchema: definition.publishedSchema }),
    };
    this.#kinds.set(keyOf(kind.group, kind.version, kind.resource), kind);
    this.#generation++;
    return kind;
  }

  unregister(kind: Kind): void {
    if (this.#kinds.delete(keyOf(kind.group, kind.version, kind.resource))) this.#generation++;
  }

  find(group: string, version: string, resource: string): Kind | undefined {
    return this.#kinds.get(keyOf(group, version, resource));
  }

  all(): readonly Kind[] {
    return [...this.#kinds.values()];
  }
}

function selectableField(text: string): [string, readonly (readonly string[])[]] {
  const [label = '', paths = label] = text.split('=');
  return [label, paths.split('|').map((path) => path.split('.'))];
}

const keyOf = (group: string, version: string, resource: string): string => `${group}/${version}/${resource}`;
