/** What a process and its descendants cost, from /proc (proc(5)). */
import { readdirSync, readFileSync } from 'node:fs';

/** Linux reports processor time in ticks of 10 ms on every architecture Node runs on (USER_HZ). */
const tickUs = 10_000;

export function processTree(pid: number): readonly number[] {
  const children = tasks(pid).flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(processTree)];
}

/** Proportional set size of the tree: shared pages count by their share. */
export function pssKb(pid: number): number {
  return sum(processTree(pid).map((member) => field(read(`/proc/${member}/smaps_rollup`), 'Pss')));
}

/** Resident set size of the tree. */
export function rssKb(pid: number): number {
  return sum(processTree(pid).map((member) => field(read(`/proc/${member}/status`), 'VmRSS')));
}

/** User and system time of the living processes of the tree. */
export function cpuUs(pid: number): number {
  return sum(
    processTree(pid).map((member) => {
      const text = read(`/proc/${member}/stat`);
      // The second field is the name in parentheses and may hold blanks.
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * tickUs;
    }),
  );
}

function tasks(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** A process may end while we look: it then costs nothing. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
