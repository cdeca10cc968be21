/** A memory's bytes as data segments: what is zero at the start needs none. */
export interface Segment {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A segment of its own costs about eight bytes in the module; shorter runs of zeros stay inside one. */
const shortestGapBytes = 16;

export function segmentsOf(memory: Uint8Array): readonly Segment[] {
  const segments: Segment[] = [];
  let start = -1;
  let zerosFrom = 0;
  const close = (end: number): void => {
    if (start >= 0) segments.push({ offset: start, bytes: memory.slice(start, end) });
    start = -1;
  };
  for (let at = 0; at < memory.length; at++) {
    if (memory[at] === 0) {
      if (at - zerosFrom + 1 === shortestGapBytes) close(zerosFrom);
      continue;
    }
    if (start < 0) start = at;
    zerosFrom = at + 1;
  }
  close(zerosFrom);
  return segments;
}
