import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, settle } from '@diatom/sdk/testing';
import { type SlotSpec, type SlotState, TenderError } from '@diatom/tender';
import { startSlot } from './start-slot.ts';

const asleep: SlotState = { kind: 'asleep', bootCount: 0 };
const spec = {} as SlotSpec;

/** A tender that refuses with this code so many times. */
function rig(code: string, refusals: number) {
  const clock = new FakeClock();
  let tries = 0;
  const tender = {
    start: async (): Promise<SlotState> => {
      tries += 1;
      if (tries <= refusals) throw new TenderError(code, 'refused');
      return asleep;
    },
  };
  return { clock, tender, tries: () => tries };
}

test('an address that is in use for a moment longer is waited for', async () => {
  const { clock, tender, tries } = rig('AddressInUse', 2);
  const started = startSlot(tender, spec, clock, () => true);
  await settle();
  await clock.advance(100);
  assert.deepEqual(await started, asleep);
  assert.equal(tries(), 3);
});

test('not for ever, not when the slot is not wanted any more, and not for other reasons', async () => {
  const held = rig('AddressInUse', Number.POSITIVE_INFINITY);
  const started = assert.rejects(
    startSlot(held.tender, spec, held.clock, () => true),
    { code: 'AddressInUse' },
  );
  await settle();
  await held.clock.advance(3_000);
  await started;
  const unwanted = rig('AddressInUse', 1);
  await assert.rejects(
    startSlot(unwanted.tender, spec, unwanted.clock, () => false),
    { code: 'AddressInUse' },
  );
  const other = rig('InvalidSpec', 1);
  await assert.rejects(
    startSlot(other.tender, spec, other.clock, () => true),
    { code: 'InvalidSpec' },
  );
  assert.equal(other.tries(), 1);
});
