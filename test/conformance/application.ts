/** What a conformance suite needs of a tender: start an application, reach it, see how it ended. */
import type { Exit } from '@diatom/tender';
import type { Address } from './raw-client.ts';

export interface RunningApplication extends AsyncDisposable {
  /** Where the first port of its manifest is listened on. */
  readonly address: Address;
  /** Console lines so far, without their stamps. */
  console(): Promise<readonly string[]>;
  /** Settles when the instance has ended for good. */
  readonly exit: Promise<Exit>;
}

export interface StartOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Lazy, with this idle time, when given. */
  readonly idleTimeoutMs?: number;
}

/** `application` is a file name in libos/guest/test-apps, or the path of another file. */
export type StartApplication = (application: string, options?: StartOptions) => Promise<RunningApplication>;
