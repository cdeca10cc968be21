/** What a virtio image is told when it starts: words of the kernel command line (docs/virtio.md). */
import { TenderError } from '../instances.ts';

export interface BootWords {
  readonly environment: Readonly<Record<string, string>>;
  /** The image ends with status 0 when nothing has happened for this long; 0: never. */
  readonly idleTimeoutMs: number;
}

/** Room for the line in the image, less what the monitor adds about its devices. */
const mostBytes = 3072;
const namePattern = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

/** A word has no blanks and no control characters: those, `%` and everything beyond ASCII are written as `%XX`. */
const encodeWord = (text: string): string =>
  [...new TextEncoder().encode(text)]
    .map((byte) =>
      byte > 0x20 && byte < 0x7f && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).padStart(2, '0').toUpperCase()}`,
    )
    .join('');

/** Throws a `TenderError` for a name that cannot be a word and for an environment that has no room. */
export function bootCommandLine({ environment, idleTimeoutMs }: BootWords): string {
  const words = Object.entries(environment).map(([name, value]) => {
    if (!namePattern.test(name)) {
      throw new TenderError('InvalidSpec', `${JSON.stringify(name)} is no name of an environment variable`);
    }
    return `env.${name}=${encodeWord(value)}`;
  });
  if (idleTimeoutMs > 0) words.push(`idle_ns=${BigInt(Math.ceil(idleTimeoutMs)) * 1_000_000n}`);
  const line = words.join(' ');
  if (line.length > mostBytes) {
    const what = `the environment takes ${line.length} bytes of the command line; a virtio image has room for ${mostBytes}`;
    throw new TenderError('InvalidSpec', what);
  }
  return line;
}
