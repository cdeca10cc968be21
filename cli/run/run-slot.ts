/** A slot of a tender in the foreground: until the image ends or Ctrl-C. */
import type { SlotSpec, SlotState, Tender } from '@diatom/tender';
import { exitStatus } from '../failure.ts';
import { followConsole } from './console-follower.ts';
import type { Report } from './report.ts';

const stopGraceMs = 5_000;

/** The exit status of the image; success when the signal ended it. Closes the tender. */
export async function runSlot(tender: Tender, spec: SlotSpec, report: Report, signal: AbortSignal): Promise<number> {
  const follower = followConsole(spec.logPath, (text) => report.console(text));
  const isFinal = (state: SlotState): boolean => state.kind === 'ended';
  try {
    const ended = Promise.withResolvers<SlotState>();
    tender.onEvent(({ id, state }) => {
      if (id !== spec.id) return;
      if (isFinal(state)) ended.resolve(state);
      else report.state(state);
    });
    const first = await tender.start(spec);
    report.listening(spec);
    if (isFinal(first)) ended.resolve(first);
    const interrupted = new Promise<undefined>((resolve) => {
      if (signal.aborted) resolve(undefined);
      signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const last = await Promise.race([ended.promise, interrupted]);
    if (last === undefined) {
      await tender.stop(spec.id, stopGraceMs);
      await follower.end();
      return exitStatus.success;
    }
    await follower.end();
    report.state(last);
    return last.kind === 'ended' ? last.exit.code : exitStatus.success;
  } finally {
    await follower.end();
    await tender.close();
  }
}
