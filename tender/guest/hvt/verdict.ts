/** Why an instance ends that its monitor ends: one line on the descriptor of traps, and a status (docs/tender.md). */
import { append, appendByte, appendHex, appendNumber, beginText, textLength } from '../text';
import { trapText, trapTextBytes } from '../layout';
import { exitGroup, native, write } from '../linux';
import { drainConsole } from './console';

const trapDescriptor: i64 = 2;

/** Like SIGSYS: the guest asked for what nobody may ask for. */
const brokenRuleStatus: i64 = 128 + 31;
/** Like SIGABRT: the machine cannot go on. */
const brokenMachineStatus: i64 = 128 + 6;

export function endWithLine(status: i64): void {
  appendByte(10);
  write(trapDescriptor, native(trapText), textLength());
  exitGroup(status);
}

export function beginLine(text: string): void {
  beginText(trapText, trapTextBytes);
  append(text);
}

/** The guest's word is wrong: `rule` says what would be right. */
export function endByRule(rule: string, value: u64): void {
  drainConsole();
  beginLine('rule ');
  append(rule);
  append(': ');
  appendNumber(value);
  endWithLine(brokenRuleStatus);
}

/** The virtual machine stopped in a way no guest can bring about by a hypercall. */
export function endMachine(what: string, detail: u64): void {
  drainConsole();
  beginLine('machine ');
  append(what);
  append(' ');
  appendHex(detail);
  endWithLine(brokenMachineStatus);
}
