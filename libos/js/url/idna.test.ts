import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainToASCII } from 'node:url';
import '../testing/node-host.ts';
import { domainToAscii } from './idna.ts';
import { needsBidi } from './idna-bidi.ts';
import { decodePunycode, encodePunycode } from './punycode.ts';

/** The host parser refuses these after this step; Node's function does both. */
const forbidden = /[\0-\x20#%/:<>?@[\\\]^|\x7f]/;

test('every assigned code point is mapped, kept or refused in a label as Node does', () => {
  const differences: string[] = [];
  for (let point = 0x80; point <= 0x10ffff; point++) {
    const char = String.fromCodePoint(point);
    if (/[\p{Cs}\p{Co}\p{Cn}]/u.test(char)) continue;
    const ours = domainToAscii(`a${char}b`) ?? '';
    const expected = domainToASCII(`a${char}b`);
    if (ours === expected || forbidden.test(ours)) continue;
    // Node's table of directions is older than its characters: letters of Unicode 14 and later, written from the right.
    if (ours === '' && needsBidi(char)) continue;
    differences.push(`U+${point.toString(16)}: "${ours}", Node "${expected}"`);
  }
  assert.deepEqual(differences, []);
});

const labels: readonly (readonly [string, string | null])[] = [
  ['faß.de', 'xn--fa-hia.de'],
  ['βόλος.com', 'xn--nxasmm1c.com'],
  ['نامه\u200cای.com', 'xn--mgba3gch31f060k.com'],
  ['क्\u200dष.com', 'xn--11b2ezcw70k.com'],
  ['a\u200cb.com', null],
  ['a\u200db', null],
  ['אב.com', 'xn--4dbc.com'],
  ['אa.com', null],
  ['א1٢.com', null],
  ['1א.com', null],
  ['xn--ü.com', null],
  ['日本。jp', 'xn--wgv71a.jp'],
];

for (const [domain, expected] of labels) {
  test(`${JSON.stringify(domain)} becomes ${expected ?? 'a failure'}`, () => {
    assert.equal(domainToAscii(domain), expected);
  });
}

test('Punycode of RFC 3492 §7.1 both ways', () => {
  const samples: readonly (readonly [string, string])[] = [
    ['ليهمابتكلموشعربي؟', 'egbpdaj6bu4bxfgehfvwxn'],
    ['他们为什么不说中文', 'ihqwcrb4cv8a8dqg056pqjye'],
    ['3年B組金八先生', '3B-ww4c5e180e575a65lsy2b'],
    ['-> $1.00 <-', '-> $1.00 <--'],
  ];
  for (const [text, encoded] of samples) {
    assert.equal(encodePunycode(text), encoded);
    assert.equal(decodePunycode(encoded), text);
  }
});
