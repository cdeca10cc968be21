/** Gives `Request` its abort signal. */

import { AbortSignal, createSignal, isAbortSignal, signalAbort } from '../events/abort-signal.ts';
import { link } from '../parts.ts';

link('signals', {
  create: createSignal,
  follow: (parent) => AbortSignal.any([parent]),
  isSignal: isAbortSignal,
  abort: (signal) => signalAbort(signal, new DOMException('The client has gone away', 'AbortError')),
});
