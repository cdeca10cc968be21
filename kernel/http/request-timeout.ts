/** `?timeout=`: how long a client is ready to wait (apiserver pkg/endpoints/filters/request_deadline.go). */
import { badRequest } from '../wire/status.ts';

const units: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** Milliseconds a request has, `longestMs` at most; 0 and less mean that too. */
export function timeoutOf(path: string, longestMs: number): number {
  if (!path.includes('timeout=')) return longestMs;
  const text = new URLSearchParams(path.slice(path.indexOf('?') + 1)).get('timeout') ?? '';
  if (text === '') return longestMs;
  const asked = durationMs(text);
  return asked > 0 && asked < longestMs ? asked : longestMs;
}

/** As Go reads a duration and complains of one. */
function durationMs(text: string): number {
  const unsigned = text.replace(/^[-+]/, '');
  if (unsigned === '0') return 0;
  let totalMs = 0;
  let rest = unsigned;
  do {
    const [all = '', number = '', unit = ''] = /^((?:\d+\.?\d*|\.\d+))([^\d.]*)/.exec(rest) ?? [];
    if (number === '') throw refusal(`invalid duration ${JSON.stringify(text)}`);
    if (unit === '') throw refusal(`missing unit in duration ${JSON.stringify(text)}`);
    const unitMs = units.get(unit);
    if (unitMs === undefined) throw refusal(`unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`);
    totalMs += Number(number) * unitMs;
    rest = rest.slice(all.length);
  } while (rest !== '');
  return text.startsWith('-') ? -totalMs : totalMs;
}

const refusal = (why: string) => badRequest(`invalid timeout specified in the request URL - time: ${why}`);
