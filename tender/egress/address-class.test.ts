import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forbiddenAddress } from './address-class.ts';

const forbidden: readonly (readonly [string, RegExp])[] = [
  ['127.0.0.1', /loopback/],
  ['127.200.3.4', /loopback/],
  ['::1', /loopback/],
  ['::ffff:127.0.0.1', /loopback/],
  ['::ffff:7f00:1', /loopback/],
  ['0:0:0:0:0:ffff:127.1.2.3', /loopback/],
  ['::127.0.0.1', /loopback/],
  ['64:ff9b::127.0.0.1', /loopback/],
  ['2002:7f00:1::', /loopback/],
  ['169.254.169.254', /link-local/],
  ['::ffff:169.254.169.254', /link-local/],
  ['64:ff9b::a9fe:a9fe', /link-local/],
  ['fe80::1', /link-local/],
  ['fe80::1%eth0', /link-local/],
  ['febf::1', /link-local/],
  ['100.100.100.200', /metadata/],
  ['fd00:ec2::254', /metadata/],
  ['0.0.0.0', /unspecified/],
  ['0.1.2.3', /unspecified/],
  ['::', /unspecified/],
  ['224.0.0.1', /multicast/],
  ['255.255.255.255', /multicast/],
  ['ff02::1', /multicast/],
  ['::ffff:0.0.0.0', /unspecified/],
  ['not an address', /no address/],
];

for (const [address, what] of forbidden) {
  test(`${address} is forbidden`, () => assert.match(forbiddenAddress(address) ?? '', what));
}

const usual = [
  '1.1.1.1',
  '10.0.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '2606:4700::1111',
  '64:ff9b::1.1.1.1',
  'fd00::1',
  '::ffff:8.8.8.8',
  '2002:808:808::1',
];
for (const address of usual) {
  test(`${address} is a usual address`, () => assert.equal(forbiddenAddress(address), undefined));
}
