/** A binary heap: the least item comes out first, in logarithmic time. */
export class Heap<Item> {
  readonly #items: Item[] = [];
  readonly #isLess: (left: Item, right: Item) => boolean;

  constructor(isLess: (left: Item, right: Item) => boolean) {
    this.#isLess = isLess;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): Item | undefined {
    return this.#items[0];
  }

  push(item: Item): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = items[above] as Item;
      if (!this.#isLess(item, parent)) break;
      items[at] = parent;
      at = above;
    }
    items[at] = item;
  }

  pop(): Item | undefined {
    const items = this.#items;
    const least = items[0];
    const last = items.pop();
    if (items.length > 0) this.#sink(last as Item);
    return least;
  }

  /** Keeps only the items that pass. */
  retain(passes: (item: Item) => boolean): void {
    const kept = this.#items.filter(passes);
    this.#items.length = 0;
    for (const item of kept) this.push(item);
  }

  /** Puts an item in the place of the least one. */
  #sink(item: Item): void {
    const items = this.#items;
    const { length } = items;
    let at = 0;
    for (;;) {
      let below = at * 2 + 1;
      if (below >= length) break;
      if (below + 1 < length && this.#isLess(items[below + 1] as Item, items[below] as Item)) below++;
      if (!this.#isLess(items[below] as Item, item)) break;
      items[at] = items[below] as Item;
      at = below;
    }
    items[at] = item;
  }
}
