/** Clocks and random bytes in the control page. */
import { monotonic, wallClock } from '../clock';
import { getrandom, native } from '../linux';
import { timestampKhz } from './kvm';
import { clockMonotonic, clockMultiplier, clockWall, entropyBytes, entropyLength } from './layout';

const slowest: u64 = 500_000;
const fastest: u64 = 10_000_000;

/**
 * Nanoseconds per tick times 2^32; 0: the counter cannot be used. The guest compares the rate with the clock itself and
 * stops using a counter that is wrong: it would only deceive itself.
 */
export function describeCounter(): void {
  const khz = timestampKhz();
  store<u64>(clockMultiplier, khz < slowest || khz > fastest ? 0 : ((<u64>1_000_000) << 32) / khz);
}

export function refreshClocks(): void {
  store<u64>(clockWall, wallClock());
  store<u64>(clockMonotonic, monotonic());
}

export function refreshEntropy(): void {
  getrandom(native(entropyBytes), entropyLength, 0);
}
