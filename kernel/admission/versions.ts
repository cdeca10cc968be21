/** Objects in the version a rule is about (matchPolicy Equivalent). */
import type { CallWebhook } from '../http/webhooks.ts';
import type { JsonRecord } from '../kinds/json.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import { inverse, rename } from '../kinds/view-names.ts';
import type { StoredObject } from '../store/store.ts';
import { convert } from '../verbs/conversion.ts';
import { parseStored } from '../verbs/stored.ts';
import { internalError } from '../wire/status.ts';
import type { Attributes } from './attributes.ts';

/** Versions of a built-in kind are all converted to the one that is stored, and from it. */
function betweenBuiltIn(object: JsonRecord, from: Kind, to: Kind): JsonRecord {
  if (from.view !== undefined) return rename(object, from.view.fields);
  if (to.view !== undefined) return rename(object, inverse(to.view.fields));
  const stored = from.conversion === undefined ? object : from.conversion.toStored(structuredClone(object));
  return to.conversion === undefined ? stored : to.conversion.fromStored(stored);
}

const isSame = (a: Kind, b: Kind): boolean => a.version === b.version && a.group === b.group;

export class Versions {
  readonly #call: CallWebhook;

  constructor(call: CallWebhook) {
    this.#call = call;
  }

  async inVersion(attributes: Attributes, kind: Kind): Promise<Attributes> {
    if (isSame(kind, attributes.kind)) return attributes;
    const turned = async (object: JsonRecord | undefined): Promise<JsonRecord | undefined> =>
      object === undefined ? undefined : this.convert(object, attributes.kind, kind, attributes);
    return {
      ...attributes,
      object: await turned(attributes.object),
      oldObject: await turned(attributes.oldObject),
    };
  }

  async convert(object: JsonRecord, from: Kind, to: Kind, { type, kind }: Attributes): Promise<JsonRecord> {
    // A Scale or the like is the same for all versions of what it belongs to.
    if (isSame(from, to) || type.group !== kind.group || type.kind !== kind.kind) return object;
    const apiVersion = apiVersionOf(to);
    const conversion = from.custom?.conversion;
    if (conversion === undefined) return { ...betweenBuiltIn(object, from, to), apiVersion };
    const [converted] = await convert(this.#call, conversion, [object], apiVersion);
    if (converted === undefined) throw internalError(`nothing came back from the conversion to ${apiVersion}`);
    return converted;
  }

  /** A stored object as its kind's version wants it. */
  async present(kind: Kind, stored: StoredObject): Promise<JsonRecord> {
    const object = parseStored(stored.value);
    const { custom } = kind;
    const apiVersion = apiVersionOf(kind);
    if (custom === undefined || object.apiVersion === apiVersion)
      return { ...(kind.conversion?.fromStored(object) ?? object), apiVersion };
    if (custom.conversion === undefined) return custom.renew({ ...structuredClone(object), apiVersion });
    const [converted] = await convert(this.#call, custom.conversion, [object], apiVersion);
    return converted ?? object;
  }
}
