/**
 * RFC 5893 §2, the Bidi rule. Bidi_Class is not among the properties that regular expressions have, so the classes are
 * put together from scripts and general categories; AN and EN are listed. They agree with the Unicode tables for all
 * characters that a domain may hold but a few hundred symbols, which no registry allows.
 */

/**
 * Classes R and AL: the blocks that UAX #9 keeps for scripts written from right to left, without their marks, symbols
 * and Arabic digits.
 */
const rightToLeft =
  /(?!\p{M}|[\u0600-\u0607\u0609\u060a\u060c\u060e\u060f\u0660-\u0669\u066a-\u066c\u06dd\u06de\u06e9\u06f0-\u06f9\u07f6-\u07f9\u0890\u0891\u08e2\ufbc3-\ufbd2\ufd3e-\ufd4f\ufd90\ufd91\ufdc8-\ufdcf\ufdfd-\ufdff\u{1091f}\u{10b39}-\u{10b3f}\u{10d30}-\u{10d39}\u{10d40}-\u{10d49}\u{10d6e}\u{10e60}-\u{10e7e}\u{1eef0}\u{1eef1}])[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefe\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

const arabicNumber =
  /[\u0600-\u0605\u0660-\u0669\u066b\u066c\u06dd\u0890\u0891\u08e2\u{10d30}-\u{10d39}\u{10d40}-\u{10d49}\u{10e60}-\u{10e7e}]/u;

const europeanNumber =
  /[0-9\u00b2\u00b3\u00b9\u06f0-\u06f9\u2070\u2074-\u2079\u2080-\u2089\uff10-\uff19\u{102e1}-\u{102fb}\u{1ccf0}-\u{1ccf9}\u{1d7ce}-\u{1d7ff}\u{1fbf0}-\u{1fbf9}]/u;

const leftToRight = /[\p{L}\p{Mc}\p{Nl}\p{Nd}]/u;

type BidiClass = 'R' | 'AN' | 'EN' | 'L' | 'NSM' | 'other';

function classOf(char: string): BidiClass {
  if (arabicNumber.test(char)) return 'AN';
  if (europeanNumber.test(char)) return 'EN';
  if (rightToLeft.test(char)) return 'R';
  if (/[\p{Mn}\p{Me}]/u.test(char)) return 'NSM';
  return leftToRight.test(char) ? 'L' : 'other';
}

/** RFC 5893 §1.4: a label with R, AL or AN makes the whole name a Bidi domain name. */
export function needsBidi(label: string): boolean {
  for (const char of label) {
    const bidiClass = char <= '\x7f' ? 'L' : classOf(char);
    if (bidiClass === 'R' || bidiClass === 'AN') return true;
  }
  return false;
}

export function isBidiLabelValid(label: string): boolean {
  const classes = Array.from(label, classOf);
  const first = classes[0];
  const last = classes.findLast((one) => one !== 'NSM');
  if (first === 'R') {
    const isMixed = classes.includes('EN') && classes.includes('AN');
    return !classes.includes('L') && (last === 'R' || last === 'EN' || last === 'AN') && !isMixed;
  }
  if (first !== 'L') return false;
  return !classes.includes('R') && !classes.includes('AN') && (last === 'L' || last === 'EN');
}
