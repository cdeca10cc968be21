/**
 * URL standard §3.3 domain to ASCII, by UTS #46 "Unicode IDNA Compatibility Processing" with CheckHyphens = false,
 * CheckBidi = true, CheckJoiners = true, UseSTD3ASCIIRules = false, Transitional_Processing = false and
 * VerifyDnsLength = false.
 *
 * UTS #46 publishes a table of 9,000 rows (about 200 KB), which it derives in §7 from properties of characters. The
 * engine has those properties for its regular expressions and `normalize`, so this follows the derivation instead; a
 * test compares every code point with the table.
 */

import { isBidiLabelValid, needsBidi } from './idna-bidi.ts';
import { areJoinersValid } from './idna-joiners.ts';
import { decodePunycode, encodePunycode } from './punycode.ts';

const isAscii = /^[\0-\x7f]*$/;

const changes = /\p{Changes_When_NFKC_Casefolded}/u;
const ignorable = /\p{Default_Ignorable_Code_Point}/gu;

/** The deviations of §4: valid as they are although case folding would change them. */
const kept = /[\u00df\u03c2\u200c\u200d]/;

/** Mappings that no property gives: the ideographic full stops (§7), and a dotless i that must not become an "i". */
const exceptions: Readonly<Record<string, string>> = { '\u3002': '.', '\uff61': '.', '\u{1d6a4}': '\u0131' };

/**
 * §7: what is never allowed, ASCII apart: unassigned, private and surrogate code points, controls and separators,
 * format characters except the few that are ignored, ideographic description characters, the replacement characters,
 * and what would map to something with a full stop in it.
 */
const disallowed =
  /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u2ff0-\u2fff\u31ef\ufffc\ufffd\u1680\u2024-\u2026\u2488-\u249b\u33c2\u33c7\u33d8\ufe12\ufe19\ufe30\ufe52\u{1f100}]|(?![\u00ad\u180e\u200b-\u200d\u2060-\u2064\u206a-\u206f\ufeff\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}])\p{Cf}/u;

/** Cherokee folds to its capitals, which Unicode had first (CaseFolding.txt). */
const cherokee = /[\u13f8-\u13fd\uab70-\uabbf]/;

/** Full case folding of one character's compatibility form. */
const fold = (text: string): string => (cherokee.test(text) ? text.toUpperCase() : text.toUpperCase().toLowerCase());

/** What one code point becomes; null when it may not be in a domain. */
export function mapPoint(char: string): string | null {
  if (char <= '\x7f') return char.toLowerCase();
  const exception = exceptions[char];
  if (exception !== undefined) return exception;
  if (kept.test(char)) return char;
  if (disallowed.test(char)) return null;
  if (!changes.test(char)) return char;
  return fold(char.normalize('NFKC')).replace(ignorable, '').normalize('NFKC');
}

/** Whether mapping leaves it alone: what a decoded label may hold. */
export const isPointValid = (char: string): boolean => mapPoint(char) === char;

function isLabelValid(label: string, isBidi: boolean): boolean {
  if (label.normalize('NFC') !== label || /^\p{M}/u.test(label)) return false;
  for (const char of label) if (char === '.' || !isPointValid(char)) return false;
  return areJoinersValid(label) && (!isBidi || isBidiLabelValid(label));
}

/** §4 Processing and §4.2 ToASCII; null is failure. */
export function domainToAscii(domain: string): string | null {
  // ASCII passes whatever its labels decode to: too many such names are in use (whatwg/url#914).
  if (isAscii.test(domain)) return domain.toLowerCase();
  let mapped = '';
  for (const char of domain) {
    const to = mapPoint(char);
    if (to === null) return null;
    mapped += to;
  }
  const labels = mapped.normalize('NFC').split('.');
  const unicode: string[] = [];
  for (const label of labels) {
    if (!label.startsWith('xn--')) {
      unicode.push(label);
      continue;
    }
    const decoded = decodePunycode(label.slice(4));
    // A label that decodes to nothing or to ASCII alone should not have been encoded (§4 step 4.1).
    if (decoded === null || decoded === '' || isAscii.test(decoded)) return null;
    unicode.push(decoded);
  }
  const isBidi = unicode.some(needsBidi);
  const ascii: string[] = [];
  for (const label of unicode) {
    if (label !== '' && !isLabelValid(label, isBidi)) return null;
    if (isAscii.test(label)) ascii.push(label);
    else {
      const encoded = encodePunycode(label);
      if (encoded === null) return null;
      ascii.push(`xn--${encoded}`);
    }
  }
  return ascii.join('.');
}
