import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Tender } from '@diatom/tender';
import { TenderLink } from './tender-link.ts';

/** A tender that has one client at a time and loses the second connection before it answers. */
function fragileTender() {
  let drop: (() => void) | undefined;
  let opened = 0;
  return {
    opened: () => opened,
    breakConnection: () => drop?.(),
    open: async (): Promise<Tender & { readonly closed: Promise<void> }> => {
      opened += 1;
      drop?.();
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      drop = resolve;
      const isFragile = opened === 2;
      return {
        closed,
        list: async () => {
          if (!isFragile) return [];
          resolve();
          throw new Error('the connection to the tender is gone');
        },
        start: () => Promise.reject(new Error('not asked for')),
        stop: async () => undefined,
        onEvent: () => undefined,
        close: async () => resolve(),
      };
    },
  };
}

test('a connection that breaks before it answers is followed by one attempt, not by two that replace each other', async () => {
  const tender = fragileTender();
  const { promise: returned, resolve } = Promise.withResolvers<void>();
  const link = new TenderLink({
    open: tender.open,
    onEvent: () => undefined,
    onReturn: () => resolve(),
    log: () => undefined,
  });
  await link.open();
  tender.breakConnection();
  await returned;
  for (let count = 0; count < 100; count += 1) await turn();
  assert.equal(tender.opened(), 3);
  assert.equal(link.problem, undefined);
});
