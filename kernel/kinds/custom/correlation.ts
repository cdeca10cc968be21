/**
 * A place in a new object and what stood there before: for transition rules, and for ratcheting, which lets wrong values
 * pass that an update leaves alone (apiserver pkg/cel/common/equality.go).
 */
import type { ListIdentity } from '../cel/index.ts';
import { deepEqual, isRecord } from '../json.ts';

export class Correlation {
  static readonly none = new Correlation(undefined, false, () => false);

  /** Undefined: nothing stood there, or it cannot be told. */
  readonly value: unknown;
  readonly #known: boolean;
  readonly #isUnchanged: () => boolean;
  #answer: boolean | undefined;

  private constructor(value: unknown, known: boolean, isUnchanged: () => boolean) {
    this.value = value;
    this.#known = known;
    this.#isUnchanged = isUnchanged;
  }

  static root(value: unknown, old: unknown): Correlation {
    return new Correlation(old, true, () => deepEqual(value, old));
  }

  /** Whether this, or the nearest part around it that can be compared, is as it was. */
  get isUnchanged(): boolean {
    this.#answer ??= this.#isUnchanged();
    return this.#answer;
  }

  withoutRatcheting(): Correlation {
    return new Correlation(this.value, this.#known, () => false);
  }

  /** `isSame`: for values that say the same in different ways. */
  key(name: string, value: unknown, isSame = deepEqual): Correlation {
    if (!this.#known) return this;
    const old = isRecord(this.value) ? this.value[name] : undefined;
    return new Correlation(old, true, () => old !== undefined && isSame(value, old));
  }

  /** Items of map lists are found by their keys; those of other lists have no past of their own. */
  list(identity: ListIdentity | undefined): (item: unknown) => Correlation {
    if (!this.#known || identity?.kind !== 'map') {
      const unknown = new Correlation(undefined, false, () => this.isUnchanged);
      return () => unknown;
    }
    const textOf = (item: unknown): string =>
      JSON.stringify(identity.keys.map((key) => (isRecord(item) ? item[key] : undefined)));
    const old = new Map((Array.isArray(this.value) ? this.value : []).map((item) => [textOf(item), item as unknown]));
    return (item) => {
      const found = old.get(textOf(item));
      return new Correlation(found, true, () => found !== undefined && deepEqual(item, found));
    };
  }
}
