import type { Case } from './index.ts';

/** Parsed alone. */
const absolute: readonly string[] = [
  'http://example.com', 'http://example.com/', 'HTTP://EXAMPLE.COM/Path', 'http://example.com:80/', 'https://example.com:443/', 'http://example.com:8080/',
  'http://example.com:/', 'http://example.com:0', 'http://example.com:65535', 'http://example.com:65536', 'http://example.com:a', 'http://example.com:08',
  'http://user@h/', 'http://user:pw@h/', 'http://:pw@h/', 'http://user:@h/', 'http://a@b@c/', 'http://a:b:c@d/', 'http://@h/', 'http://u%20:p%zz@h', 'http://é:ü@h/',
  'http://', 'http:///', 'http:a', 'http:/a', 'http:///a/b', 'http:\\\\\\\\h\\\\p', 'http://h\\\\p', 'http://h/a\\\\b', 'https:h', 'ws://h:80', 'wss://h:443/x', 'ftp://h:21/',
  'http://h/a/b/../c', 'http://h/a/./b', 'http://h/..', 'http://h/../../x', 'http://h/a/..', 'http://h/a/.', 'http://h/%2e%2E/x', 'http://h/a/%2e', 'http://h/.%2e/x', 'http://h/...', 'http://h//a//b',
  'http://h/a b', 'http://h/é', 'http://h/%zz', 'http://h/%41', 'http://h/a"b<c>d`e{f}g', 'http://h/a^b|c', "http://h/a'b", 'http://h/😀', 'http://h/\\ud800', 'http://h/a?b c', 'http://h/?é', "http://h/?a'b", 'http://h/?a"b<>`{}|^', 'http://h/#a b', 'http://h/#é`<>"', 'http://h/#a#b', 'http://h/?#', 'http://h?', 'http://h#', 'http://h?a#b?c', 'http://h/?a?b',
  ' http://h/ ', '\\nhttp://h/\\t', 'ht\\ntp://h/', 'http://h/a\\nb', 'http://h/\\u0000', '\\u0000http://h',
  'http://1.2.3.4', 'http://1.2.3', 'http://1.2', 'http://1', 'http://256', 'http://1.2.3.256', 'http://1.2.3.4.5', 'http://0x7f.1', 'http://0177.1', 'http://0x', 'http://1.2.3.4.', 'http://1.2.3.08', 'http://4294967295', 'http://4294967296', 'http://0xffffffff', 'http://1..2', 'http://a.1', 'http://a.0x1', 'http://1.a', 'http://09.1', 'http://0x100000000', 'http://1.2.65536', 'http://a.b.09', 'http://1.', 'http://0..',
  'http://[::1]', 'http://[::]', 'http://[1:2:3:4:5:6:7:8]', 'http://[1:2:3:4:5:6:7]', 'http://[1:2:3:4:5:6:7:8:9]', 'http://[::1.2.3.4]', 'http://[1::8]', 'http://[1:0:0:2:0:0:0:3]', 'http://[0:0:1:0:0:2:0:0]', 'http://[::1.2.3]', 'http://[::1.2.3.256]', 'http://[::01.2.3.4]', 'http://[1:2:3:4:5:6:1.2.3.4]', 'http://[1:2:3:4:5:6:7:1.2.3.4]', 'http://[::ffff:1.2.3.4]', 'http://[FE80::ABCD]', 'http://[::g]', 'http://[::12345]', 'http://[1::2::3]', 'http://[:1]', 'http://[1:]', 'http://[', 'http://[::1', 'http://[::1]x', 'http://[::1]:8080/', 'http://[::%251]', 'http://[1:2:3:4:5:6:7::]', 'http://[::2:3:4:5:6:7:8]', 'http://[::1:2:3:4:5:6:7:8]', 'http://[]',
  'http://a_b/', 'http://a b/', 'http://a%20b/', 'http://%41/', 'http://a%00b/', 'http://a<b/', 'http://a|b', 'http://a^b', 'http://a%b', 'http://ab%', 'http://a*b!$&()+,;=~', 'http://a"b`{}', 'http://a..b', 'http://.', 'http://..', 'http://.a', 'http://a.',
  'http://münchen.de/', 'http://MÜNCHEN.de/', 'http://xn--mnchen-3ya.de/', 'http://日本語.jp', 'http://faß.de', 'http://ｅxample.com', 'http://a。b', 'http://☃.net', 'http://xn--', 'http://xn--a', 'http://xn--zz-zz', 'http://xn--ls8h.la', 'http://💩.la', 'http://a\\u00adb.c', 'http://\\u200d', 'http://ΑΣ.gr', 'http://ς.gr', 'http://א.com', 'http://אa.com', 'http://0à.א', 'http://\\ufdd0zyx.com', 'http://Go.com', 'http://％４１.com', 'http://a\\u2260b', 'http://ab\\u0301', 'http://\\u0301ab', 'http://ḀẞK.de', 'http://XN--MNCHEN-3YA.de', 'http://xn--mnchen-3ya.א', 'http://ﷺ', 'http://\\u2488a',
  'file:', 'file:/', 'file://', 'file:///', 'file:///a/b', 'file:a', 'file:/a', 'file://h/a', 'file://localhost/a', 'file:///C:/a', 'file:///C|/a', 'file:C:/a', 'file:C|', 'file://C:/a', 'file:///C:/..', 'file:///C:/../a', 'file:\\\\\\\\h\\\\a', 'file:///a/../..', 'file:?q', 'file:#f', 'file://1.2.3', 'file:////a', 'file:///./a', 'file://h:80/', 'file://u@h/', 'FILE:///C:',
  'mailto:a@b', 'mailto:', 'data:text/plain,a b', 'data:,a #f', 'data:a  ?x', 'javascript:alert(1)', 'about:blank', 'urn:a:b', 'blob:https://h/x', 'blob:x', 'blob:', 'blob:http://a:80/q', 'x:', 'x:/', 'x://', 'x:///', 'x://h', 'x://h/', 'x://H/P', 'x://h:80', 'x://u:p@h', 'x:/a/../b', 'x:/..//p', 'x:/.//p', 'x://h/a b', 'x:a\\\\b', 'x:/a\\\\b', 'x://h\\\\', 'x://%41', 'x://a b', 'x://é', 'x://[::1]', 'x://1.2.3', 'x://?q', 'x://#f', 'x:?q', 'x:#f', 'x:a?b#c', 'x:é', 'x://h:', 'x://:80', 'x://@', 'x+y-z.1:a', '1x:a', 'x_y:a', ':a', '//h', '/p', 'p', '', '?q', '#f', 'a:b:c', 'non-special:\\ta',
  'http://h/a%2fb', 'http://h/;p?q', 'http://h/a//..', 'http://h/a/b/', 'http://h:80:80/', 'http://h:8 0/', 'http://h:-1', 'http://h:1e2', 'https://h:80/', 'http://h:000080/', 'http://h/%', 'http://h/%a', 'http://h?%zz', 'http://ho\\tst/', 'http://h/?q=a+b%20c', 'http://a.b-c.d_e/',
];

/** Parsed against a base. */
const relative: readonly (readonly [string, string])[] = [
  ['', 'http://h/a?b#c'], ['x', 'http://h/a/b'], ['../x', 'http://h/a/b/c'], ['./', 'http://h/a/b'], ['..', 'http://h/a/b'], ['/x', 'http://h/a'], ['//x/y', 'http://h/a'], ['?q', 'http://h/a?b#c'], ['#f', 'http://h/a?b#c'], ['http:x', 'http://h/a/b'], ['http:/x', 'http://h/a'], ['http://x', 'http://h/a'], ['https:x', 'http://h/a'], ['\\\\x', 'http://h/a'], ['\\\\\\\\x', 'http://h/a'], ['x:y', 'http://h/a'], ['http:', 'http://h/a?q'], ['a b', 'http://h/'], ['.', 'http://u:p@h:1/x/y'], ['/.//p', 'x:/a'], ['..//p', 'x:/a'],
  ['x', 'mailto:a'], ['#f', 'mailto:a'], ['?q', 'mailto:a'], ['', 'mailto:a'], ['//x', 'mailto:a'], ['/x', 'x:a'], ['y', 'x:/a/b'], ['y', 'x://h'], ['../y', 'x://h/a/b'], ['//i', 'x://h'], ['/', 'x://h/a'], ['?', 'x://h/a'], ['', 'x://h/a#b'],
  ['x', 'file:///a/b'], ['/x', 'file:///a/b'], ['//x', 'file:///a/b'], ['C:/x', 'file:///a'], ['/C|/x', 'file:///a'], ['/x', 'file:///C:/a'], ['..', 'file:///C:/a'], ['../..', 'file:///C:/'], ['x', 'file://h/C:/a/b'], ['/', 'file://h/C:/a'], ['///x', 'file:///a'], ['?q', 'file:///a?b'], ['#f', 'file:///a?b'], ['C|', 'file://h/D:/a/b'], ['file:', 'file:///a/b?c'], ['file:x', 'file:///a/b'], ['', 'nonsense'], ['http://a', 'nonsense'], ['C|a', 'file:///'], ['', 'file:///C:/x#y'],
];

/** property, value, on a URL. */
const setters: readonly (readonly [string, string, string])[] = [
  ['protocol', 'https', 'http://h/'], ['protocol', 'https:', 'http://h:443/'], ['protocol', 'ftp://x', 'http://h/'], ['protocol', 'x', 'http://h/'], ['protocol', 'http', 'x://h/'], ['protocol', '1', 'http://h/'], ['protocol', '', 'http://h/'], ['protocol', 'file', 'http://h/'], ['protocol', 'file', 'http://u@h/'], ['protocol', 'http', 'file:///a'], ['protocol', 'http', 'file://h/a'], ['protocol', 'y', 'x:a'], ['protocol', 'WSS', 'https://h/'], ['protocol', 'h\\ntt\\rps', 'http://x/'],
  ['username', 'a b', 'http://h/'], ['username', '', 'http://u@h/'], ['username', 'é:@', 'http://h/'], ['username', 'x', 'file:///a'], ['username', 'x', 'mailto:a'], ['password', 'p@:', 'http://h/'], ['password', '', 'http://u:p@h/'], ['password', 'x', 'x:///a'],
  ['host', 'x:81', 'http://h/'], ['host', 'x', 'http://h:1/'], ['host', 'x:', 'http://h:1/'], ['host', '', 'http://h/'], ['host', '', 'x://h/'], ['host', 'x/y', 'http://h/'], ['host', 'x?y', 'http://h/'], ['host', 'a@b', 'http://h/'], ['host', '[::1]:9', 'http://h/'], ['host', 'é', 'http://h/'], ['host', 'x', 'mailto:a'], ['host', 'x:99999', 'http://h:1/'], ['host', 'a b', 'http://h/'], ['host', 'x', 'file:///a'], ['host', 'localhost', 'file://h/a'], ['host', 'x:1', 'file:///a'], ['host', '1.2', 'http://h/'], ['host', '1.2', 'x://h/'], ['host', ':80', 'http://h/'], ['host', '', 'http://u@h/'], ['host', 'x:80x', 'http://h/'], ['host', '//x', 'x://h/'],
  ['hostname', 'x:81', 'http://h:1/'], ['hostname', 'x', 'http://h:1/'], ['hostname', '', 'http://h/'], ['hostname', '', 'x://u@h/'], ['hostname', '', 'x://h:1/'], ['hostname', '[::1]', 'http://h/'], ['hostname', 'a#b', 'http://h/'], ['hostname', 'x\\\\y', 'http://h/'], ['hostname', '127.1', 'http://h/'], ['hostname', 'x', 'x:/a'], ['hostname', ':', 'http://h/'],
  ['port', '81', 'http://h/'], ['port', '80', 'http://h:1/'], ['port', '', 'http://h:1/'], ['port', '99999', 'http://h:1/'], ['port', '8x', 'http://h/'], ['port', 'x', 'http://h:1/'], ['port', ' 9', 'http://h/'], ['port', '9', 'file:///a'], ['port', '00009', 'http://h/'], ['port', '9/x', 'http://h/'], ['port', '1', 'mailto:a'], ['port', '65536', 'http://h/'], ['port', '\\t9\\n', 'http://h/'], ['port', '-1', 'http://h/'],
  ['pathname', 'a', 'http://h/x'], ['pathname', '/a/../b', 'http://h/x'], ['pathname', '', 'http://h/x'], ['pathname', '', 'x://h/x'], ['pathname', 'a?b#c', 'http://h/x'], ['pathname', 'a b', 'http://h/'], ['pathname', '\\\\a', 'http://h/'], ['pathname', 'x', 'mailto:a'], ['pathname', '//p', 'x:/a'], ['pathname', '/..//p', 'x:/a'], ['pathname', '/C|', 'file:///'], ['pathname', 'é', 'x://h'], ['pathname', '%2e%2e/b', 'http://h/a'], ['pathname', '', 'x:/a'], ['pathname', '?', 'x://h/a'], ['pathname', '/', 'file:///C:/a'],
  ['search', 'a', 'http://h/'], ['search', '?a', 'http://h/'], ['search', '', 'http://h/?a'], ['search', '?', 'http://h/?a'], ['search', '??a', 'http://h/'], ['search', 'é #', 'http://h/'], ['search', "'", 'http://h/'], ['search', "'", 'x://h/'], ['search', 'q', 'mailto:a'], ['search', '', 'data:a  ?q'], ['search', 'a\\nb', 'http://h/'],
  ['hash', 'a', 'http://h/'], ['hash', '#a', 'http://h/'], ['hash', '', 'http://h/#a'], ['hash', '#', 'http://h/#a'], ['hash', '##a', 'http://h/'], ['hash', 'é `<>', 'http://h/'], ['hash', 'f', 'mailto:a'], ['hash', '', 'data:a  #q'], ['hash', 'a\\tb', 'http://h/'],
  ['href', 'http://x/', 'http://h/'], ['href', 'bad', 'http://h/'],
];

const parts = `[u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash]`;

const quoted = (text: string): string => `"${text.replaceAll('"', '\\"')}"`;

/** Node's parser differs from the standard in these, or follows a later Unicode version. */
const standard: Readonly<Record<string, string>> = {};

export const urlCases: readonly Case[] = [
  ...absolute.map((text): Case => {
    const code = `const u = new URL(${quoted(text)}); return ${parts}`;
    const answer = standard[text];
    return answer === undefined ? code : [code, answer];
  }),
  ...relative.map(([text, base]) => `const u = new URL(${quoted(text)}, ${quoted(base)}); return ${parts}`),
  ...setters.map(([name, value, url]) => `const u = new URL(${quoted(url)}); u.${name} = ${quoted(value)}; return ${parts}`),
  `new URL()`,
  `URL('http://a')`,
  `URL.canParse('http://a')`,
  `URL.canParse('a')`,
  `URL.canParse('a', 'http://h/')`,
  `URL.parse('a')`,
  `URL.parse('a', 'http://h/').href`,
  `JSON.stringify({ u: new URL('http://a/') })`,
  `String(new URL('http://a'))`,
  `new URL('b', new URL('http://a/c')).href`,
  `Object.prototype.toString.call(new URL('http://a'))`,
  `new URL({ toString: () => 'http://q' }).href`,
  `try { new URL('x'); } catch (e) { return [e.name, e.code]; }`,
];
