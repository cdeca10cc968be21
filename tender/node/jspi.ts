/**
 * JavaScript Promise Integration (WebAssembly CG, phase 4): lets `yield` wait in JavaScript while the guest's stack
 * stays. TypeScript's library does not declare it yet.
 */
interface PromiseIntegration {
  readonly Suspending: new (call: (...values: never[]) => Promise<number>) => WebAssembly.ImportValue;
  promising(call: () => void): () => Promise<void>;
}

const integration = WebAssembly as unknown as PromiseIntegration;

/** An import that may suspend its caller. */
export function suspending(call: (...values: never[]) => Promise<number>): WebAssembly.ImportValue {
  return new integration.Suspending(call);
}

/** An export that may be suspended. */
export function promising(call: () => void): () => Promise<void> {
  return integration.promising(call);
}
