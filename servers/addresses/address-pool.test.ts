import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressPool, isServiceAddress, podAddresses } from './address-pool.ts';

test('addresses are given out in order, and a released one only after the block is through', () => {
  const pool = new AddressPool('127.20.0.254', 3);
  assert.deepEqual([pool.allocate('a'), pool.allocate('b')], ['127.20.0.254', '127.20.0.255']);
  pool.release('a');
  assert.deepEqual(
    [pool.allocate('c'), pool.allocate('d'), pool.allocate('e')],
    ['127.20.1.0', '127.20.0.254', undefined],
  );
});

test('an address has one holder; only that one can give it back', () => {
  const pool = podAddresses(20);
  assert.equal(pool.reserve('127.20.0.16', 'a'), 'reserved');
  assert.equal(pool.reserve('127.20.0.16', 'a'), 'reserved');
  assert.equal(pool.reserve('127.20.0.16', 'b'), 'taken');
  pool.release('b');
  assert.equal(pool.holderOf('127.20.0.16'), 'a');
});

test('a holder that asks again is given what it has', () => {
  const pool = podAddresses(20);
  assert.equal(pool.allocate('a'), '127.20.0.16');
  assert.equal(pool.allocate('a'), '127.20.0.16');
  assert.equal(pool.allocate('b'), '127.20.0.17');
  pool.release('a');
  assert.equal(pool.allocate('a'), '127.20.0.18');
});

test('pods and services of a cell come from different halves of its range', () => {
  assert.equal(podAddresses(20).reserve('127.20.128.1', 'x'), 'outside');
  const served = ['127.20.127.1', '127.20.128.0', '10.0.0.1', '0.0.0.0', 'nonsense', '127.20.128.1', '127.20.255.254'];
  assert.deepEqual(
    served.filter((address) => isServiceAddress(20, address)),
    ['127.20.128.1', '127.20.255.254'],
  );
});
