/** What the supervisor tells about a server. */

export type ServerPhase = 'starting' | 'running' | 'waiting' | 'stopping' | 'stopped';

export interface ServerReport {
  readonly name: string;
  readonly phase: ServerPhase;
  /** Times it was started again since the cell came up. */
  readonly restartCount: number;
  /** Why it last ended, in words; undefined while it has never ended. */
  readonly lastEnd: string | undefined;
}
