/** Decompression as the glue of an image offers it to `fetch` (libos/js/runtime/primitives.ts). */
import type { CompressionFormat } from '@diatom/libos/js/compression/format.ts';
import { Inflater } from '@diatom/libos/js/compression/inflater.ts';
import type { CallPrimitives } from '@diatom/libos/js/runtime/primitives.ts';

const needsInput = 0;
const atEnd = -1;
const isWrong = -2;

interface Stream {
  readonly isGzip: boolean;
  inflater: Inflater | undefined;
  readonly given: Uint8Array[];
  isWrong: boolean;
}

type Inflate = Pick<CallPrimitives, 'inflateOpen' | 'inflatePush' | 'inflatePull' | 'inflateClose'>;

/** gzip begins with 1f; zlib says 8 in its lowest four bits, and what some call deflate is neither. */
const formatOf = ({ isGzip }: Stream, input: Uint8Array): CompressionFormat =>
  isGzip ? 'gzip' : ((input[0] ?? 0) & 15) === 8 ? 'deflate' : 'deflate-raw';

/** `buffer` makes a buffer of the program's global scope. */
export function createInflate(buffer: (bytes: Uint8Array) => ArrayBuffer): Inflate {
  const streams = new Map<number, Stream>();
  let last = 0;

  const push = (stream: Stream, input: Uint8Array): void => {
    for (let rest = input; rest.length > 0; ) {
      stream.inflater ??= new Inflater(formatOf(stream, rest), 'fetch');
      const left = stream.inflater.push(rest, (piece) => stream.given.push(piece));
      rest = rest.subarray(rest.length - left);
      // RFC 1952 §2.2: more members may follow, anything else is not looked at.
      if (!stream.isGzip || rest[0] !== 0x1f) return;
      stream.inflater = undefined;
    }
  };

  return {
    inflateOpen: (isGzip) => {
      streams.set(++last, { isGzip: isGzip !== 0, inflater: undefined, given: [], isWrong: false });
      return last;
    },
    inflatePush: (number, bytes) => {
      const stream = streams.get(number);
      if (stream === undefined) return false;
      try {
        push(stream, new Uint8Array(bytes));
      } catch {
        stream.isWrong = true;
      }
      return true;
    },
    inflatePull: (number) => {
      const stream = streams.get(number);
      const piece = stream?.given.shift();
      if (piece !== undefined) return buffer(piece);
      if (stream === undefined || stream.isWrong) return isWrong;
      return stream.inflater?.hasEnded === true ? atEnd : needsInput;
    },
    inflateClose: (number) => void streams.delete(number),
  };
}
