/** What a run in the foreground says: for people, or one line of JSON per event. */
import type { SlotSpec, SlotState } from '@diatom/tender';
import type { Terminal } from '../terminal/terminal.ts';

export interface Report {
  /** Whole lines. */
  console(text: string): void;
  listening(spec: Pick<SlotSpec, 'listen' | 'boot'>): void;
  state(state: SlotState): void;
}

export function createReport(terminal: Terminal, name: string, isJson: boolean): Report {
  return isJson ? jsonReport(terminal) : wordsReport(terminal, name);
}

function jsonReport(terminal: Terminal): Report {
  return {
    console: (text) => {
      for (const line of text.replace(/\n$/, '').split('\n')) terminal.printJson({ event: 'console', line });
    },
    listening: ({ listen }) => terminal.printJson({ event: 'listening', listen }),
    state: (state) => {
      const { kind, ...rest } = state;
      terminal.printJson({ event: kind, ...rest });
    },
  };
}

function wordsReport(terminal: Terminal, name: string): Report {
  let isPerConnection = false;
  return {
    console: (text) => terminal.write(text),
    listening: ({ listen, boot }) => {
      isPerConnection = boot === 'per-connection';
      for (const { port, address, hostPort } of listen) {
        terminal.note(
          `${name} listens on http://${address}:${hostPort}${port === hostPort ? '' : ` (its port ${port})`}`,
        );
      }
      if (isPerConnection) terminal.note('Every connection boots a virtual machine of its own.');
    },
    state: (state) => {
      if (state.kind === 'asleep' && !isPerConnection) terminal.note(`${name} sleeps; the next connection boots it.`);
      if (state.kind === 'running' && state.bootCount > 1) terminal.note(`${name} is awake (boot ${state.bootCount}).`);
      if (state.kind !== 'ended') return;
      const { code, reason, message } = state.exit;
      if (reason !== 'Completed') {
        terminal.note(`${terminal.noteStyle('red', `${name} ended`)}: ${message} (${reason}, exit status ${code})`);
      }
    },
  };
}
