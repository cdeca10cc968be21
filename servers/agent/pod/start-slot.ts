/** Starting a slot whose addresses an instance may still hold that is just being taken down. */
import { type Clock, pause } from '@diatom/sdk';
import { type SlotSpec, type SlotState, TenderError } from '@diatom/tender';
import type { TenderLink } from '../tender-link.ts';

/**
 * Pod addresses are the cell's alone, so one in use belongs to an instance of a tender that died: the machine takes a
 * moment to give back all of a virtual machine's.
 */
const patienceMs = 3_000;
const againMs = 50;

/** `isWanted` is asked before each further try. Rejects as the tender does. */
export async function startSlot(
  tender: Pick<TenderLink, 'start'>,
  spec: SlotSpec,
  clock: Clock,
  isWanted: () => boolean,
): Promise<SlotState> {
  const endsAt = clock.now() + patienceMs;
  for (;;) {
    try {
      return await tender.start(spec);
    } catch (error) {
      const isHeld = error instanceof TenderError && error.code === 'AddressInUse';
      if (!isHeld || clock.now() >= endsAt || !isWanted()) throw error;
    }
    await pause(againMs, clock);
  }
}
