/** Console bytes → lines of the CRI log format: `<RFC 3339 with ns> stdout F <line>`. */
import { appendFileSync } from 'node:fs';

/** A line longer than this is written in parts marked `P`, as container runtimes do. */
const lineLimitBytes = 16384;
const newline = 10;

export class ConsoleLog {
  readonly #path: string;
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string) {
    this.#path = path;
  }

  write(bytes: Uint8Array): void {
    let pending = Buffer.concat([this.#rest, bytes]);
    const stamp = timestamp();
    let out = '';
    for (;;) {
      const end = pending.indexOf(newline);
      if (end >= 0 && end <= lineLimitBytes) {
        out += `${stamp} stdout F ${pending.toString('utf8', 0, end)}\n`;
        pending = pending.subarray(end + 1);
      } else if (pending.length > lineLimitBytes) {
        out += `${stamp} stdout P ${pending.toString('utf8', 0, lineLimitBytes)}\n`;
        pending = pending.subarray(lineLimitBytes);
      } else {
        break;
      }
    }
    this.#rest = pending;
    if (out !== '') appendFileSync(this.#path, out);
  }

  /** The last line, if it did not end. */
  end(): void {
    if (this.#rest.length > 0) this.write(Buffer.from('\n'));
  }
}

/** Date knows milliseconds; the format has nanoseconds. */
function timestamp(): string {
  return new Date().toISOString().replace('Z', '000000Z');
}
