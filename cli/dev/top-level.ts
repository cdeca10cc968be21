/** What the top level may not ask V8 for, as it may not ask the engine of an image: the clock and randomness. */

interface Scope {
  Date: DateConstructor;
  readonly Math: Math;
}

/**
 * Replaces them in the scope until the returned function is called. What the program has kept of the replacements works
 * afterwards like the originals: `refuse` then lets everything pass.
 */
export function guardTopLevel(scope: Scope, refuse: (what: string) => void): () => void {
  const { Date: date, Math: math } = scope;
  const { random } = math;
  const guarded = new Proxy(date, {
    construct: (target, words, newTarget) => {
      if (words.length === 0) refuse('the clock');
      return Reflect.construct(target, words, newTarget);
    },
    apply: (target, self, words) => {
      refuse('the clock');
      return Reflect.apply(target, self, words);
    },
    get: (target, name, receiver) => {
      if (name !== 'now') return Reflect.get(target, name, receiver);
      return () => {
        refuse('the clock');
        return target.now();
      };
    },
  });
  scope.Date = guarded;
  math.random = () => {
    refuse('randomness');
    return random();
  };
  return () => {
    // Unless the program has put something of its own there.
    if (scope.Date === guarded) scope.Date = date;
    math.random = random;
  };
}
