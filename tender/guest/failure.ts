/** Why the last operation failed: a code for programs and a sentence for people. One at a time, as there is one thread. */
import { errorText, errorTextBytes } from './layout';
import { append, appendByte, appendNumber, beginText, textLength } from './text';

export let failureCode: string = '';

/** Starts the sentence; the caller appends to it. Returns false so that `return fail(...)` reads well. */
export function fail(code: string, sentence: string): bool {
  failureCode = code;
  beginText(errorText, errorTextBytes);
  append(sentence);
  return false;
}

export function failureLength(): usize {
  return textLength();
}

function errorWords(error: i64): string {
  switch (<i32>-error) {
    case 1: return 'not permitted';
    case 2: return 'no such file or directory';
    case 11: return 'temporarily out of processes or memory';
    case 12: return 'out of memory';
    case 13: return 'permission denied';
    case 17: return 'already there';
    case 20: return 'part of the path is not a directory';
    case 21: return 'is a directory';
    case 22: return 'invalid argument';
    case 23: return 'too many open files on this machine';
    case 24: return 'too many open files';
    case 25: return 'not a device for this';
    case 28: return 'no space left on the device';
    case 30: return 'read-only file system';
    case 36: return 'path too long';
    case 38: return 'not supported by this kernel';
    case 97: return 'address family not supported';
    case 98: return 'address already in use';
    case 99: return 'not an address of this machine';
    default: return 'system error';
  }
}

export function appendError(error: i64): void {
  append(': ');
  append(errorWords(error));
  append(' (errno ');
  appendNumber(-error);
  appendByte(41);
}

export function failWith(code: string, sentence: string, error: i64): bool {
  fail(code, sentence);
  appendError(error);
  return false;
}
