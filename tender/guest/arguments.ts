/** The command line and environment as the kernel left them on the first stack. */
import { argumentBuffer, argumentBytes } from './layout';
import { peek64, peek8, poke8, startStack } from './linux';

function argumentCount(): i32 {
  return <i32>peek64(startStack());
}

/** Copies an argument with its NUL to `argumentBuffer`; its length, or -1 when it is missing or too long. */
export function readArgument(index: i32): i32 {
  if (index >= argumentCount()) return -1;
  const address = peek64(startStack() + 8 + (<i64>index << 3));
  for (let length = 0; length < <i32>argumentBytes; length++) {
    const byte = peek8(address + length);
    store<u8>(argumentBuffer + length, byte);
    if (byte == 0) return length;
  }
  return -1;
}

export function argumentIs(length: i32, text: string): bool {
  if (length != text.length) return false;
  for (let i = 0; i < length; i++) {
    if (load<u8>(argumentBuffer + i) != load<u16>(changetype<usize>(text) + (<usize>i << 1))) return false;
  }
  return true;
}

/** -1 when it is no number. */
export function argumentNumber(length: i32): i64 {
  if (length < 1 || length > 15) return -1;
  let value: i64 = 0;
  for (let i = 0; i < length; i++) {
    const digit = <i32>load<u8>(argumentBuffer + i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Images inherit the first stack; what the environment of their tender said is none of their business. */
export function wipeEnvironment(): void {
  let at = startStack() + 8 + (<i64>(argumentCount() + 1) << 3);
  for (let address = peek64(at); address != 0; address = peek64(at)) {
    for (let byte = address; peek8(byte) != 0; byte++) poke8(byte, 0);
    at += 8;
  }
}
