/** The steps of the demo as a person reads them, and what a failed one says. */
import type { Terminal } from '@diatom/cli/terminal';

/** Something was not as it should be: what was expected and what was seen. */
export class Unexpected extends Error {
  readonly expected: string;
  readonly seen: string;
  constructor(expected: string, seen: string) {
    super(`expected ${expected}, saw ${seen}`);
    this.name = 'Unexpected';
    this.expected = expected;
    this.seen = seen;
  }
}

export class StepFailed extends Error {
  readonly step: string;
  constructor(step: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'StepFailed';
    this.step = step;
  }
}

export type Step = <T>(title: string, work: () => Promise<T>) => Promise<T>;

export function createSteps(terminal: Terminal, signal: AbortSignal): Step {
  let count = 0;
  return async (title, work) => {
    count++;
    if (signal.aborted) throw new StepFailed(title, 'interrupted');
    terminal.print(`${terminal.style('bold', `${count}. ${title}`)}`);
    try {
      return await Promise.race([work(), interruption(signal)]);
    } catch (error) {
      throw new StepFailed(title, error);
    }
  };
}

/** Looks again and again until `look` returns something; says what it saw last when the time is over. */
export async function waitFor<T>(
  expected: string,
  timeoutMs: number,
  look: () => Promise<{ readonly found: T } | { readonly seen: string }>,
): Promise<T> {
  const endsMs = performance.now() + timeoutMs;
  for (;;) {
    const result = await look();
    if ('found' in result) return result.found;
    if (performance.now() > endsMs) {
      throw new Unexpected(`${expected} within ${timeoutMs / 1000} s`, result.seen);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function interruption(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('interrupted')), { once: true });
  });
}
