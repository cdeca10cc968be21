// The real-time clock (MC146818): the date in UTC, to the second.

import { in8, out8 } from './machine';
import { refuse } from './console';

const INDEX = 0x70;
const VALUE = 0x71;
const SECONDS = 0;
const MINUTES = 2;
const HOURS = 4;
const DAY = 7;
const MONTH = 8;
const YEAR = 9;
const STATUS_A = 10;
const STATUS_B = 11;
const UPDATING = 0x80;
const BINARY = 4;
const HOURS_24 = 2;
const AFTERNOON = 0x80;

function register(index: i32): i32 {
  out8(INDEX, index);
  return in8(VALUE);
}

function decoded(value: i32, isBinary: bool): i32 {
  return isBinary ? value : (value >> 4) * 10 + (value & 15);
}

/** Days from 1970-01-01 to a date of the Gregorian calendar. */
function daysUntil(year: i32, month: i32, day: i32): i32 {
  // Years begin in March, so that the leap day is the last.
  const shifted = month > 2 ? year : year - 1;
  const monthFromMarch = month > 2 ? month - 3 : month + 9;
  const dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1;
  return 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468;
}

function timeNow(): i64 {
  const mode = register(STATUS_B);
  const isBinary = (mode & BINARY) != 0;
  const hours = register(HOURS);
  let hour = decoded(hours & ~AFTERNOON, isBinary);
  if ((mode & HOURS_24) == 0) hour = (hour % 12) + ((hours & AFTERNOON) != 0 ? 12 : 0);
  // The century register is not the same everywhere; this century is.
  const year = 2000 + decoded(register(YEAR), isBinary);
  const days = daysUntil(year, decoded(register(MONTH), isBinary), decoded(register(DAY), isBinary));
  const minutes = decoded(register(MINUTES), isBinary);
  return <i64>days * 86_400 + hour * 3600 + minutes * 60 + decoded(register(SECONDS), isBinary);
}

/** Seconds since 1970. Read until two readings agree: one alone may fall into an update. */
export function secondsFromRealTimeClock(): i64 {
  // No device answers with all ones.
  if (register(STATUS_A) == 0xff && register(STATUS_B) == 0xff) {
    refuse('machine: nothing tells the date: no kvm-clock and no real-time clock\n');
  }
  while (true) {
    while ((register(STATUS_A) & UPDATING) != 0) {}
    const first = timeNow();
    if (first == timeNow()) return first;
  }
}
