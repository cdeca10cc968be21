/** Gives `Request` its abort signal, and the streams, which look for the global, the one of their controllers. */

import { AbortController } from '../events/abort-controller.ts';
import { AbortSignal, createSignal, isAbortSignal, signalAbort } from '../events/abort-signal.ts';
import { provideGlobal } from '../globals/provide.ts';
import { link } from '../parts.ts';

link('signals', {
  create: createSignal,
  follow: (parent) => AbortSignal.any([parent]),
  isSignal: isAbortSignal,
  abort: (signal) => signalAbort(signal, new DOMException('The client has gone away', 'AbortError')),
});

provideGlobal('AbortController', AbortController);
