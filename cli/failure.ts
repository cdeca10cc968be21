/** What ends a command: a sentence for people, what to do next, and the exit status. */

export const exitStatus = { success: 0, failure: 1, usage: 2 } as const;

export class CommandError extends Error {
  readonly status: number;
  /** What to do about it, as one line; empty when the message says it all. */
  readonly advice: string;
  constructor(message: string, advice = '', status: number = exitStatus.failure, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CommandError';
    this.status = status;
    this.advice = advice;
  }
}

export function usageError(message: string, advice: string): CommandError {
  return new CommandError(message, advice, exitStatus.usage);
}
