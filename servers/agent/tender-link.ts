/** The agent's line to its tender: opened, and opened again when it breaks, the tender started anew when it died. */
import type { DialerOptions, Exit, SlotSpec, SlotState, Tender, TenderEvent } from '@diatom/tender';
import type { TenderChoice } from './settings.ts';

const firstRetryMs = 50;
const longestRetryMs = 5_000;

/** What a tender connection is here; `closed` never resolves for a tender that lives in this process. */
interface Connection extends Tender {
  readonly closed?: Promise<void>;
}

export interface TenderLinkOptions {
  readonly open: () => Promise<Connection>;
  readonly onEvent: (event: TenderEvent) => void;
  /** After a break: everything the tender has now. What is not listed is gone. */
  readonly onReturn: (slots: readonly TenderEvent[]) => void;
  readonly log: (message: string) => void;
}

export class TenderLink {
  readonly #options: TenderLinkOptions;
  #connection: Connection | undefined;
  #isClosed = false;
  #endPause: () => void = () => {};
  #problem: string | undefined = 'the tender has not been reached yet';

  constructor(options: TenderLinkOptions) {
    this.#options = options;
  }

  /** Why the tender does not answer; undefined when it does. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** The first connection; rejects when there is none to be had. Answers what the tender runs already. */
  async open(): Promise<readonly TenderEvent[]> {
    const connection = await this.#options.open();
    connection.onEvent(this.#options.onEvent);
    // Only a connection that has answered is followed by another one when it breaks: whoever called tries again before that,
    // and two who try would take the tender's only client's place from each other for ever.
    const slots = await listOrClose(connection);
    if (this.#isClosed) {
      await connection.close();
      throw new Error('the line to the tender was closed meanwhile');
    }
    this.#connection = connection;
    this.#problem = undefined;
    void connection.closed?.then(() => this.#reopen());
    return slots;
  }

  start(spec: SlotSpec): Promise<SlotState> {
    return this.#connected().start(spec);
  }

  stop(id: string, graceMs: number): Promise<void> {
    return this.#connected().stop(id, graceMs);
  }

  list(): Promise<readonly TenderEvent[]> {
    return this.#connected().list();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#endPause();
    await this.#connection?.close();
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #connected(): Connection {
    if (this.#connection === undefined) throw new Error(this.#problem ?? 'the tender is not connected');
    return this.#connection;
  }

  async #reopen(): Promise<void> {
    this.#connection = undefined;
    this.#problem = 'the connection to the tender broke';
    for (let delayMs = firstRetryMs; !this.#isClosed; delayMs = Math.min(delayMs * 2, longestRetryMs)) {
      try {
        const slots = await this.open();
        this.#options.log('connected to the tender again');
        this.#options.onReturn(slots);
        return;
      } catch (error) {
        if (this.#isClosed) return;
        this.#problem = `the tender does not answer: ${error instanceof Error ? error.message : String(error)}`;
        this.#options.log(this.#problem);
        await this.#pause(delayMs);
      }
    }
  }
}

/** A connection that was made and does not answer is nobody's to close later. */
async function listOrClose(connection: Connection): Promise<readonly TenderEvent[]> {
  try {
    return await connection.list();
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** Each tender is loaded only when it is the chosen one: the other's code stays out of the worker. */
export async function openTender(choice: TenderChoice, egress: DialerOptions): Promise<Connection> {
  switch (choice.kind) {
    case 'process': {
      const { connectProcessTender } = await import('@diatom/tender/process/client.ts');
      return connectProcessTender({ binaryPath: choice.binaryPath, socketPath: choice.socketPath });
    }
    case 'node': {
      const { createNodeTender } = await import('@diatom/tender/node/index.ts');
      return createNodeTender({ egress });
    }
  }
}

/** How an instance ended that nobody saw ending. */
export function unseenExit(nowIso: string): Exit {
  return {
    code: 137,
    signal: 9,
    reason: 'Killed',
    message: 'the instance was gone when the agent came back',
    startedAt: nowIso,
    finishedAt: nowIso,
  };
}
