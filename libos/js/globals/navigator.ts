/** HTML §8.10.1: of `navigator` only what a server can tell. WinterTC §4 wants one token without a version. */

class Navigator {
  get userAgent(): string {
    return 'Diatom';
  }

  /** One thread runs an instance. */
  get hardwareConcurrency(): number {
    return 1;
  }

  get language(): string {
    return 'en-US';
  }

  get languages(): readonly string[] {
    return Object.freeze(['en-US']);
  }

  get [Symbol.toStringTag](): string {
    return 'Navigator';
  }
}

export const navigator = new Navigator();
