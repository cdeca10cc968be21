/** testing: what tests of controllers need: a clock that stands still, and waiting for conditions on objects. */
export { FakeClock, settle } from './fake-clock.ts';
export { type Random, seededRandom } from './random.ts';
export { type ScriptedExchange, ScriptedTransport } from './scripted-transport.ts';
export { type WaitOptions, waitForGone, waitForObject, waitForObjects } from './wait-for.ts';
