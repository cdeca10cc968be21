/** The host of an image: what `libos/js` asks for, in terms of the engine's primitives. */
import { decodeByStandard } from '../encoding/utf8.ts';
import { type Host, setHost } from '../host.ts';
import { withOwnPlaces } from './places.ts';
import { primitives } from './primitives.ts';

/** The engine makes strings of C strings, so a NUL character ends one: the text is put together around them. */
function decodeParts(bytes: Uint8Array): string {
  const { buffer, byteOffset, length } = bytes;
  let end = bytes.indexOf(0);
  if (end < 0) return primitives.decode(buffer, byteOffset, length);
  let text = '';
  let from = 0;
  for (; end >= 0; end = bytes.indexOf(0, from)) {
    text += `${primitives.decode(buffer, byteOffset + from, end - from)}\0`;
    from = end + 1;
  }
  return text + primitives.decode(buffer, byteOffset + from, length - from);
}

/**
 * The engine makes more than one U+FFFD of a sequence that breaks off, and lets surrogates through: what may be malformed
 * is decoded again.
 */
function decodeUtf8(bytes: Uint8Array): string {
  const text = decodeParts(bytes);
  return text.includes('\ufffd') || !text.isWellFormed() ? decodeByStandard(bytes) : text;
}

const imageHost: Host = {
  consoleWrite: (line) => primitives.write(`${withOwnPlaces(line)}\n`),
  monotonicMs: () => primitives.monotonic(),
  wallMs: () => primitives.wall(),
  fillRandom: (bytes) => bytes.set(new Uint8Array(primitives.random(bytes.length))),
  encodeUtf8: (text) => new Uint8Array(primitives.encode(text.isWellFormed() ? text : text.toWellFormed())),
  decodeUtf8,
  wakeAt: (deadlineMs) => primitives.wakeAt(deadlineMs),
  compute: primitives.compute,
};

setHost(imageHost);
