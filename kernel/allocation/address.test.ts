import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockOf, canonical, contains, toNumber, toText } from './address.ts';

test('an address is a number and back, in its one spelling', () => {
  for (const [given, kept] of [
    ['10.0.0.1', '10.0.0.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['fe80:0:1::', 'fe80:0:1::'],
  ] as const) {
    assert.equal(canonical(given), kept);
    assert.equal(toText(toNumber(given), given.includes(':') ? 'IPv6' : 'IPv4'), kept);
  }
});

test('a block gives out neither its own address nor, in IPv4, its broadcast address', () => {
  const rows = [
    ['10.0.0.0/24', '10.0.0.1', '10.0.0.254', '10.0.0.17'],
    ['10.0.0.7/28', '10.0.0.1', '10.0.0.14', '10.0.0.1'],
    ['10.0.0.0/16', '10.0.0.1', '10.0.255.254', '10.0.1.1'],
    ['192.168.0.0/29', '192.168.0.1', '192.168.0.6', '192.168.0.1'],
    ['2001:db8::/112', '2001:db8::1', '2001:db8::ffff', '2001:db8::101'],
  ] as const;
  for (const [text, first, last, firstChosen] of rows) {
    const block = blockOf(text);
    assert.ok(block !== undefined);
    const { family } = block;
    assert.deepEqual(
      [block.first, block.last, block.firstChosen].map((value) => toText(value, family)),
      [first, last, firstChosen],
    );
    assert.ok(contains(block, toNumber(first)) && !contains(block, block.first - 1n));
  }
});

test('what is no block is none', () => {
  for (const text of ['', '10.0.0.0', '10.0.0.0/33', '10.0.0.0/8/9', 'x/8', '::/129', '10.0.0.0/-1'])
    assert.equal(blockOf(text), undefined, text);
});
