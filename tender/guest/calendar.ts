/** Appends `2026-11-21T21:00:00.123456789Z`. */
import { appendByte, appendDigits } from './text';

/** Civil date from days since 1970 (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days). */
export function appendTimestamp(nanoseconds: u64): void {
  const seconds = nanoseconds / 1_000_000_000;
  const shifted = seconds / 86_400 + 719_468;
  const era = shifted / 146_097;
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const monthFromMarch = (5 * dayOfYear + 2) / 153;
  const day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const secondOfDay = seconds % 86_400;
  appendDigits(year, 4);
  appendByte(45);
  appendDigits(month, 2);
  appendByte(45);
  appendDigits(day, 2);
  appendByte(84);
  appendDigits(secondOfDay / 3600, 2);
  appendByte(58);
  appendDigits((secondOfDay / 60) % 60, 2);
  appendByte(58);
  appendDigits(secondOfDay % 60, 2);
  appendByte(46);
  appendDigits(nanoseconds % 1_000_000_000, 9);
  appendByte(90);
}
