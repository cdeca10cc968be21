/**
 * RFC 5892 appendix A.1 and A.2, the contextual rules for ZERO WIDTH NON-JOINER and ZERO WIDTH JOINER. Joining_Type is
 * not among the properties that regular expressions have: any letter of a joining script is taken for one that joins.
 */

/** Canonical_Combining_Class = Virama. */
const virama =
  /[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d3b\u0d3c\u0d4d\u0dca\u0e3a\u0eba\u0f84\u1039\u103a\u1714\u1715\u1734\u17d2\u1a60\u1b44\u1baa\u1bab\u1bf2\u1bf3\u2d7f\ua806\ua82c\ua8c4\ua953\ua9c0\uaaf6\uabed\u{10a3f}\u{11046}\u{11070}\u{1107f}\u{110b9}\u{11133}\u{11134}\u{111c0}\u{11235}\u{112ea}\u{1134d}\u{113ce}-\u{113d0}\u{11442}\u{114c2}\u{115bf}\u{1163f}\u{116b6}\u{1172b}\u{11839}\u{1193d}\u{1193e}\u{119e0}\u{11a34}\u{11a47}\u{11a99}\u{11c3f}\u{11d44}\u{11d45}\u{11d97}\u{11f41}\u{11f42}\u{1612f}]/u;

const joining =
  /[\p{sc=Arab}\p{sc=Syrc}\p{sc=Nkoo}\p{sc=Mand}\p{sc=Mong}\p{sc=Phag}\p{sc=Mani}\p{sc=Phlp}\p{sc=Rohg}\p{sc=Sogd}\p{sc=Chrs}\p{sc=Ougr}\p{sc=Adlm}]/u;

const isTransparent = (char: string): boolean => /[\p{Mn}\p{Me}\p{Cf}]/u.test(char) && char !== '\u200c';

function joins(chars: readonly string[]): boolean {
  const next = chars.find((char) => !isTransparent(char));
  return next !== undefined && joining.test(next) && /\p{L}/u.test(next);
}

export function areJoinersValid(label: string): boolean {
  if (!/[\u200c\u200d]/.test(label)) return true;
  const chars = Array.from(label);
  return chars.every((char, at) => {
    if (char !== '\u200c' && char !== '\u200d') return true;
    if (virama.test(chars[at - 1] ?? '')) return true;
    return char === '\u200c' && joins(chars.slice(0, at).reverse()) && joins(chars.slice(at + 1));
  });
}
