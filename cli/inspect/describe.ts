/** An image in words and tables, for people. */
import type { Manifest, ManifestFunction } from '@diatom/libos/manifest';
import type { StoredImage } from '@diatom/tender';
import { formatTable } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { formatBytes } from '../terminal/units.ts';
import { wrap } from '../terminal/wrap.ts';

const labelWidth = 15;
const applicationFunctionsShown = 10;

export interface DescribeOptions {
  readonly isComplete: boolean;
  readonly terminal: Pick<Terminal, 'style' | 'width'>;
}

export function describeImage(image: StoredImage, { isComplete, terminal }: DescribeOptions): string {
  const { manifest } = image;
  const { memory } = manifest;
  const lines = (label: string, text: string): readonly string[] =>
    wrap(text, Math.max(40, Math.min(terminal.width, 100) - labelWidth)).map(
      (line, index) => (index === 0 ? label : '').padEnd(labelWidth) + line,
    );
  return [
    ...lines('image', terminal.style('bold', image.reference)),
    ...lines('digest', image.digest),
    ...lines('ports', manifest.ports.map(({ name, port }) => `${port} (${name})`).join(', ') || 'none'),
    ...lines('may connect to', manifest.connect.join(', ') || 'nothing'),
    ...lines(
      'memory',
      `${formatBytes(memory.initialBytes)} at start, ${formatBytes(memory.maximumBytes)} at most, ` +
        `stack ${formatBytes(memory.stackBytes)}`,
    ),
    ...lines('machine calls', named(manifest.machineCalls)),
    ...lines('system calls', named(manifest.systemCalls)),
    '',
    formatTable(
      [{ title: 'LAYER' }, { title: 'SIZE', align: 'right' }, { title: 'DIGEST' }],
      manifest.layers.map(({ role, sizeBytes, digest }) => [role, formatBytes(sizeBytes), digest.slice(0, 19)]),
    ),
    '',
    functionTable(manifest, isComplete),
  ].join('\n');
}

function named(names: readonly string[]): string {
  return names.length === 0 ? 'none' : `${[...names].sort().join(' ')} (${names.length})`;
}

function functionTable(manifest: Manifest, isComplete: boolean): string {
  const all = [...manifest.functions].sort((a, b) => b.bytes - a.bytes);
  const own = all.filter(({ origin }) => origin === 'app');
  const left = isComplete ? [] : own.slice(applicationFunctionsShown);
  const shown = all.filter((entry) => !left.includes(entry));
  const table = formatTable(
    [{ title: 'BYTES', align: 'right' }, { title: 'FROM' }, { title: 'FUNCTION' }],
    shown.map(({ bytes, origin, name }) => [String(bytes), origin, name]),
  );
  const remark =
    left.length === 0
      ? []
      : [`and ${left.length} smaller functions of the application, ${sum(left)} bytes; --all lists them`];
  return [table, ...remark, `${all.length} functions, ${sum(all)} bytes`].join('\n');
}

function sum(functions: readonly ManifestFunction[]): number {
  return functions.reduce((bytes, entry) => bytes + entry.bytes, 0);
}
