/** The floor: a process that does nothing. What is measured is its end, because it says nothing. */
import { stat } from 'node:fs/promises';
import type { VmSubject } from '../subject.ts';

const program = '/bin/true';

export const nothing: VmSubject = {
  name: 'true',
  case: 'process',
  prepare: async () => ({
    kind: 'ready',
    version: program,
    imageBytes: (await stat(program)).size,
    line: '',
    http: { no: 'it serves nothing' },
    instances: 0,
    command: async () => ({ program, words: [] }),
  }),
};
