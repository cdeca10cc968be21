/** multipart/form-data: RFC 7578, with the names and line ends of HTML §4.10.21.8. */

import { host } from '../host.ts';

export type Part =
  | { readonly name: string; readonly value: string }
  | {
      readonly name: string;
      readonly filename: string;
      readonly type: string;
      readonly bytes: Uint8Array<ArrayBuffer>;
    };

const escapes: Readonly<Record<string, string>> = { '\n': '%0A', '\r': '%0D', '"': '%22' };

const escapeName = (text: string): string => text.replace(/[\n\r"]/g, (char) => escapes[char] ?? char);

const lineEnds = (text: string): string => text.replace(/\r\n|\r|\n/g, '\r\n');

/** 16 random bytes in the boundary: that content holds it by accident or by intent is out of the question. */
function randomBoundary(): string {
  const random = new Uint8Array(16);
  host.fillRandom(random);
  return `----formdata-diatom-${Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

export function serializeMultipart(parts: readonly Part[]): { bytes: Uint8Array<ArrayBuffer>; boundary: string } {
  const boundary = randomBoundary();
  const chunks: Uint8Array[] = [];
  for (const part of parts) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(lineEnds(part.name))}"`;
    if ('value' in part) {
      chunks.push(host.encodeUtf8(`${head}\r\n\r\n${lineEnds(part.value)}\r\n`));
      continue;
    }
    const type = part.type === '' ? 'application/octet-stream' : part.type;
    chunks.push(host.encodeUtf8(`${head}; filename="${escapeName(part.filename)}"\r\nContent-Type: ${type}\r\n\r\n`));
    chunks.push(part.bytes, host.encodeUtf8('\r\n'));
  }
  chunks.push(host.encodeUtf8(`--${boundary}--\r\n`));
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return { bytes, boundary };
}

/** Arguments of one call of fromCharCode: the engine's limit is 65,534. */
const unitsPerCall = 8192;

/** One character a byte, so that the engine's own `indexOf` finds boundaries at the places they have in the bytes. */
function byteString(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.byteLength; at += unitsPerCall) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + unitsPerCall) as unknown as number[]);
  }
  return text;
}

const quotedParameter = (name: string): RegExp => new RegExp(`;[ \\t]*${name}=(?:"([^"]*)"|([^;\\s]*))`, 'i');
const namePattern = quotedParameter('name');
const filenamePattern = quotedParameter('filename');

const unescapeName = (text: string): string => text.replace(/%0A/gi, '\n').replace(/%0D/gi, '\r').replace(/%22/g, '"');

/** Header fields of one part, by lower-case name. */
function fieldsOf(head: string): Map<string, string> | null {
  const fields = new Map<string, string>();
  for (const line of head.split('\r\n')) {
    if (line === '') continue;
    const colon = line.indexOf(':');
    if (colon <= 0) return null;
    fields.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return fields;
}

/** The parts, or null when the bytes are not what the boundary promises. */
export function parseMultipart(bytes: Uint8Array<ArrayBuffer>, boundary: string): Part[] | null {
  const text = byteString(bytes);
  const utf8 = (from: number, to: number): string => host.decodeUtf8(bytes.subarray(from, to));
  const delimiter = `--${boundary}`;
  const parts: Part[] = [];
  // A preamble (RFC 2046 §5.1.1) is allowed and ignored.
  let at = text.startsWith(delimiter) ? 0 : text.indexOf(`\r\n${delimiter}`) + 2;
  if (at === 1) return null;
  for (;;) {
    at += delimiter.length;
    if (text.startsWith('--', at)) return parts;
    while (text[at] === ' ' || text[at] === '\t') at++;
    if (!text.startsWith('\r\n', at)) return null;
    at += 2;
    const headEnd = text.startsWith('\r\n', at) ? at : text.indexOf('\r\n\r\n', at);
    if (headEnd < 0) return null;
    const fields = fieldsOf(utf8(at, headEnd));
    const bodyStart = headEnd === at ? at + 2 : headEnd + 4;
    const bodyEnd = text.indexOf(`\r\n${delimiter}`, bodyStart);
    if (fields === null || bodyEnd < 0) return null;
    const disposition = fields.get('content-disposition') ?? '';
    const name = namePattern.exec(disposition);
    if (!/^form-data[ \t]*(?:;|$)/i.test(disposition) || name === null) return null;
    const key = unescapeName(name[1] ?? name[2] ?? '');
    const filename = filenamePattern.exec(disposition);
    if (filename === null) parts.push({ name: key, value: utf8(bodyStart, bodyEnd) });
    else {
      parts.push({
        name: key,
        filename: unescapeName(filename[1] ?? filename[2] ?? ''),
        type: fields.get('content-type') ?? 'text/plain',
        bytes: bytes.slice(bodyStart, bodyEnd),
      });
    }
    at = bodyEnd + 2;
  }
}
