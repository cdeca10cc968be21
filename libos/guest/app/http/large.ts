/** Bodies below this are left to the collector's own pace. */
const largeBytes: u32 = 65_536;
const collectEvery: u32 = 1 << 20;

let sinceCollection: u32 = 0;

/**
 * To be called before something large is allocated for a body. The collector keeps step with the number of objects: a few
 * of a megabyte each would fill the memory before it has looked at one of them.
 */
export function expectLarge(bytes: u32): void {
  if (bytes < largeBytes) return;
  sinceCollection += bytes;
  if (sinceCollection < collectEvery) return;
  sinceCollection = 0;
  __collect();
}
