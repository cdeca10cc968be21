// The Date field (RFC 9110 §6.6.1, §5.6.7): IMF-fixdate, written once a second.

import { wallSeconds } from "../clock";
import { writeDecimal, writeText, writeTwoDigits } from "../text";

const text = memory.data(40);
export const dateLength: i32 = 37;
let writtenFor: i64 = -1;

/** `Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n`, 37 bytes. */
export function dateField(): usize {
  const seconds = wallSeconds();
  if (seconds != writtenFor) {
    writtenFor = seconds;
    write(<u32>(seconds / 86400), <u32>(seconds % 86400));
  }
  return text;
}

/** Civil date from days since 1970: Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days. */
function write(days: u32, second: u32): void {
  const shifted = days + 719468;
  const era = shifted / 146097;
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const shiftedMonth = (5 * dayOfYear + 2) / 153;
  const day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);

  let to = writeText(text, "Date: ");
  to = writeLetters(to, "ThuFriSatSunMonTueWed", days % 7);
  to = writeText(to, ", ");
  to = writeTwoDigits(to, day);
  to = writeText(to, " ");
  to = writeLetters(to, "JanFebMarAprMayJunJulAugSepOctNovDec", month - 1);
  to = writeText(to, " ");
  to = writeDecimal(to, year);
  to = writeText(to, " ");
  to = writeTwoDigits(to, second / 3600);
  to = writeText(to, ":");
  to = writeTwoDigits(to, (second / 60) % 60);
  to = writeText(to, ":");
  to = writeTwoDigits(to, second % 60);
  writeText(to, " GMT\r\n");
}

function writeLetters(to: usize, names: string, index: u32): usize {
  const from = changetype<usize>(names) + index * 6;
  for (let i: usize = 0; i < 3; i++) store<u8>(to + i, load<u8>(from + (i << 1)));
  return to + 3;
}
