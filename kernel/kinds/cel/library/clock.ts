/** Parts of timestamps and durations (cel-spec langdef.md, "Timestamps and durations"). */
import { member, type Overload } from '../overload.ts';
import { duration, int, string, timestamp } from '../type.ts';
import { CelError, type Duration, type Timestamp } from '../value.ts';

const dayMs = 86_400_000;

/** The moment as if its zone were UTC. */
function local({ nanoseconds }: Timestamp, zone: string): Date {
  const second = 1_000_000n;
  const rest = ((nanoseconds % second) + second) % second;
  const date = new Date(Number((nanoseconds - rest) / second));
  return zone === '' ? date : new Date(date.getTime() + offsetMs(date, zone));
}

function offsetMs(date: Date, zone: string): number {
  const fixed = /^([+-]?)(\d\d):(\d\d)$/.exec(zone);
  if (fixed !== null) {
    const minutes = Number(fixed[2]) * 60 + Number(fixed[3]);
    return (fixed[1] === '-' ? -minutes : minutes) * 60_000;
  }
  if (zone === 'UTC') return 0;
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    const name = format.formatToParts(date).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
    return name === 'GMT' ? 0 : offsetMs(date, name.slice(3));
  } catch {
    throw new CelError(`unknown time zone ${zone}`);
  }
}

const parts: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDate: (date) => date.getUTCDate(),
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDayOfWeek: (date) => date.getUTCDay(),
  getDayOfYear: (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / dayMs),
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (date) => date.getUTCMilliseconds(),
};

const lengths: Readonly<Record<string, bigint>> = {
  getHours: 3_600_000_000_000n,
  getMinutes: 60_000_000_000n,
  getSeconds: 1_000_000_000n,
  getMilliseconds: 1_000_000n,
};

export const clock: readonly Overload[] = [
  ...Object.entries(parts).flatMap(([name, part]) => [
    member(name, [timestamp], int, (moment: Timestamp) => BigInt(part(local(moment, '')))),
    member(name, [timestamp, string], int, (moment: Timestamp, zone: string) => BigInt(part(local(moment, zone)))),
  ]),
  ...Object.entries(lengths).map(([name, unit]) =>
    member(name, [duration], int, ({ nanoseconds }: Duration) => nanoseconds / unit),
  ),
];
