import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../testing/node-host.ts';
import { URL as OurURL } from './url.ts';

const seed = 429;

/** What URLs are made of, and what breaks them. */
const pieces: readonly string[] = [
  ...['http:', 'https:', 'file:', 'ftp:', 'ws:', 'x:', 'mailto:', 'data:', 'blob:', 'HTTP:', '1a:', 'a+b.c:'],
  ...['/', '//', '///', '\\', '?', '#', '@', ':', '.', '..', '/./', '/../', '%2e', '%2E%2e', '/%2e/', '/.%2e/'],
  ...[
    'h',
    'example.com',
    'EXAMPLE.org',
    'a.b.c',
    'localhost',
    '1',
    '1.2.3.4',
    '0x7f.1',
    '256',
    '[::1]',
    '[1:2::3]',
    '[::',
    ']',
    'a_b',
  ],
  ...[':80', ':443', ':8080', ':0', ':99999', ':', ':a', 'u:p@', 'u@', '@@'],
  ...[
    'a',
    'path',
    'x y',
    'é',
    '😀',
    '\ud800',
    '%',
    '%41',
    '%zz',
    '%C3%A9',
    'C:',
    'C|',
    '{}',
    '^',
    '|',
    '<>',
    '"',
    "'",
    '`',
    '~',
    '!$&()*+,;=',
  ],
  ...[' ', '\t', '\n', '\0', '\x7f', '\u00ad', '\u3002', 'ß', 'xn--a', 'ｅ', '-', '_'],
  ...['q=1', 'a=b&c=d', '#f', '?#', '??', '##'],
];

const properties = [
  'href',
  'origin',
  'protocol',
  'username',
  'password',
  'host',
  'port',
  'pathname',
  'search',
  'hash',
] as const;

const settable = [
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
] as const;

function partsOf(make: () => Readonly<Record<string, unknown>>): string {
  try {
    const url = make();
    return JSON.stringify(properties.map((name) => url[name]));
  } catch (error) {
    return (error as Error).name;
  }
}

let state = seed;
const random = (limit: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
};

const text = (most: number): string =>
  Array.from({ length: 1 + random(most) }, () => pieces[random(pieces.length)] ?? '').join('');

test(`random URLs, alone, against a base and set piece by piece, are what Node makes of them (seed ${seed})`, () => {
  const differences: string[] = [];
  const compare = (what: string, ours: string, nodes: string): void => {
    if (ours !== nodes) differences.push(`${what}\n  Node ${nodes}\n  ours ${ours}`);
  };
  for (let count = 0; count < 20_000; count++) {
    const given = text(7);
    const base =
      random(2) === 0
        ? undefined
        : `${['http://h/a/b?q#f', 'x://h/a', 'file:///C:/a', 'x:/a/b', 'x:opaque'][random(5)]}`;
    compare(
      JSON.stringify([given, base]),
      partsOf(() => new OurURL(given, base) as unknown as Record<string, unknown>),
      partsOf(() => new URL(given, base) as unknown as Record<string, unknown>),
    );
  }
  for (let count = 0; count < 10_000; count++) {
    const start =
      ['http://u:p@h:1/a/b?q#f', 'https://h/', 'x://h/a', 'file:///C:/a', 'x:/a/b', 'mailto:x', 'x:///p'][random(7)] ??
      '';
    const name = settable[random(settable.length)] ?? 'host';
    const value = text(3);
    const set = (url: Record<string, unknown>): Record<string, unknown> => {
      url[name] = value;
      return url;
    };
    compare(
      JSON.stringify([start, name, value]),
      partsOf(() => set(new OurURL(start) as unknown as Record<string, unknown>)),
      partsOf(() => set(new URL(start) as unknown as Record<string, unknown>)),
    );
  }
  assert.deepEqual(differences.slice(0, 20), []);
});
