/**
 * JSON values as YAML, the way Kubernetes writes it (sigs.k8s.io/yaml): keys sorted, two spaces, lists as deep as their
 * key, no folding. Text that a YAML 1.1 reader could take for something else is quoted as JSON quotes it.
 */
import { isRecord } from '../kinds/json.ts';

/** Begins with a letter or is a UUID, so it is no number, date or indicator; a colon stands before a letter, no space at the end. */
const plain = /^(?:[A-Za-z_/](?:[\w ./@+,()=;?!$"'-]|:(?=[\w/]))*(?<! )|[\da-f]{8}-[\da-f]{4}-[\da-f-]+)$/;
/** Words of YAML 1.1 that are no text. */
const words = new Set(['y', 'n', 'yes', 'no', 'on', 'off', 'true', 'false', 'null']);
/** A literal block can hold lines of printable text; what begins with a space would need an indentation of its own. */
const literal = /^[^\s\p{C}\p{Z}][^\p{Cc}\p{Cs}\u2028\u2029\ufeff]*(?:\n[^\p{Cc}\p{Cs}\u2028\u2029\ufeff]*)*$/u;

export function toYaml(value: unknown): string {
  const lines: string[] = [];
  if (isRecord(value) && Object.keys(value).length > 0) writeMap(lines, value, '', '');
  else if (Array.isArray(value) && value.length > 0) writeList(lines, value, '');
  else lines.push(scalar(value));
  return `${lines.join('\n')}\n`;
}

function writeMap(lines: string[], map: Readonly<Record<string, unknown>>, indent: string, first: string): void {
  let start = first;
  for (const key of Object.keys(map).sort()) {
    writeEntry(lines, `${start}${text(key)}:`, map[key], indent);
    start = indent;
  }
}

/** `start` is what stands before the value: a key with its indentation, or a dash. */
function writeEntry(lines: string[], start: string, value: unknown, indent: string): void {
  if (isRecord(value) && Object.keys(value).length > 0) {
    lines.push(start);
    writeMap(lines, value, `${indent}  `, `${indent}  `);
  } else if (Array.isArray(value) && value.length > 0) {
    lines.push(start);
    writeList(lines, value, indent);
  } else if (typeof value === 'string' && value.includes('\n') && literal.test(value)) {
    writeBlock(lines, start, value, `${indent}  `);
  } else lines.push(`${start} ${scalar(value)}`);
}

function writeList(lines: string[], list: readonly unknown[], indent: string): void {
  for (const item of list) {
    if (isRecord(item) && Object.keys(item).length > 0) writeMap(lines, item, `${indent}  `, `${indent}- `);
    else if (Array.isArray(item) && item.length > 0) {
      const inner: string[] = [];
      writeList(inner, item, `${indent}  `);
      lines.push(`${indent}- ${inner[0]?.trimStart() ?? ''}`, ...inner.slice(1));
    } else writeEntry(lines, `${indent}-`, item, indent);
  }
}

/** `|`: the text ends with one line break, `|-`: with none, `|+`: with several. */
function writeBlock(lines: string[], start: string, value: string, indent: string): void {
  const isKept = /\n\n$/.test(value);
  const ending = isKept ? '+' : value.endsWith('\n') ? '' : '-';
  lines.push(`${start} |${ending}`);
  const body = value.endsWith('\n') ? value.slice(0, -1) : value;
  for (const line of body.split('\n')) lines.push(line === '' ? '' : indent + line);
}

function scalar(value: unknown): string {
  if (typeof value === 'string') return text(value);
  return JSON.stringify(value ?? null);
}

function text(value: string): string {
  return plain.test(value) && !words.has(value.toLowerCase()) ? value : JSON.stringify(value);
}
