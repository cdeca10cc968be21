/** Reads little-endian fields of a record whose lengths nobody has checked yet. After a read past the end all are 0. */

let at: usize = 0;
let end: usize = 0;
let isBroken: bool = false;

export let fieldPointer: usize = 0;
export let fieldLength: u32 = 0;

export function beginReading(pointer: usize, length: usize): void {
  at = pointer;
  end = pointer + length;
  isBroken = false;
}

function take(length: usize): usize {
  if (isBroken || end - at < length) {
    isBroken = true;
    return 0;
  }
  const pointer = at;
  at += length;
  return pointer;
}

export function readU32(): u32 {
  const pointer = take(4);
  return pointer == 0 ? 0 : load<u32>(pointer);
}

export function readU64(): u64 {
  const pointer = take(8);
  return pointer == 0 ? 0 : load<u64>(pointer);
}

export function readRaw(length: usize): usize {
  return take(length);
}

/** Leaves the field in `fieldPointer` and `fieldLength`. */
export function readField(maximum: u32): void {
  fieldLength = readU32();
  if (fieldLength > maximum) isBroken = true;
  fieldPointer = take(fieldLength);
  if (isBroken) fieldLength = 0;
}

/** Every read was within the record, and nothing is left over. */
export function isReadWhole(): bool {
  return !isBroken && at == end;
}
