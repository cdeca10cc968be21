/** An image in words and tables, for people. */
import type { NativeTarget } from '@diatom/libos/manifest';
import { type Inspection, inspect } from '@diatom/seal/inspect/inspect.ts';
import type { StoredImage } from '@diatom/tender';
import { formatTable } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { formatBytes } from '../terminal/units.ts';
import { wrap } from '../terminal/wrap.ts';
import type { TargetSize } from './layers.ts';

const labelWidth = 15;

export interface DescribeOptions {
  /** Whose functions the image's manifest lists. */
  readonly target: NativeTarget;
  /** Of every target the image was built for. */
  readonly sizes: readonly TargetSize[];
  /** Every function, those of the application and of the compiler's runtime too. */
  readonly isComplete: boolean;
  readonly terminal: Pick<Terminal, 'style' | 'width'>;
}

export function describeImage(image: StoredImage, { target, sizes, isComplete, terminal }: DescribeOptions): string {
  const inspection = inspect(image.manifest);
  const { memory } = inspection;
  const lines = (label: string, text: string): readonly string[] =>
    wrap(text, Math.max(40, Math.min(terminal.width, 100) - labelWidth)).map(
      (line, index) => (index === 0 ? label : '').padEnd(labelWidth) + line,
    );
  return [
    ...lines('image', terminal.style('bold', image.reference)),
    ...lines('digest', image.digest),
    ...lines('ports', inspection.ports.map(portText).join(', ') || 'none'),
    ...lines('may connect to', inspection.connect.join(', ') || 'nothing'),
    ...lines(
      'memory',
      `${formatBytes(memory.initialBytes)} at start, ${formatBytes(memory.maximumBytes)} at most, ` +
        `stack ${formatBytes(memory.stackBytes)}`,
    ),
    ...lines('machine calls', named(inspection.machineCalls.map(({ name }) => name))),
    ...lines(
      'system calls',
      target === 'process' ? named(inspection.systemCalls) : `none: the ${target} target runs in a virtual machine`,
    ),
    '',
    formatTable(
      [{ title: 'LAYER' }, { title: 'SIZE', align: 'right' }, { title: 'DIGEST' }],
      inspection.layers.map(({ role, sizeBytes, digest }) => [role, formatBytes(sizeBytes), digest.slice(0, 19)]),
    ),
    '',
    formatTable(
      [
        { title: 'TARGET' },
        { title: 'EXECUTABLE', align: 'right' },
        { title: 'TEXT', align: 'right' },
        { title: 'DATA', align: 'right' },
        { title: 'MEMORY', align: 'right' },
      ],
      sizes.map((size) => [
        size.target,
        ...[size.imageBytes, size.textBytes, size.dataBytes, size.memoryBytes].map(formatBytes),
      ]),
    ),
    '',
    ...modules(inspection),
    ...(sizes.length > 1 ? [`Code of the ${target} target:`, ''] : []),
    ...functions(inspection, isComplete),
  ].join('\n');
}

/** A port that the build only observed has a made-up name. */
function portText({ name, port }: Inspection['ports'][number]): string {
  return name === `port-${port}` ? String(port) : `${port} (${name})`;
}

function named(names: readonly string[]): string {
  return names.length === 0 ? 'none' : `${[...names].sort().join(' ')} (${names.length})`;
}

export function originTable(inspection: Inspection): string {
  return formatTable(
    [{ title: 'CODE FROM' }, { title: 'FUNCTIONS', align: 'right' }, { title: 'BYTES', align: 'right' }],
    inspection.origins.map(({ origin, functionCount, bytes }) => [origin, String(functionCount), String(bytes)]),
  );
}

/** What the engine runs; the web APIs the program cannot reach are not among them. */
function modules({ modules: all }: Inspection): readonly string[] {
  if (all.length === 0) return [];
  return [
    formatTable(
      [{ title: 'BYTES', align: 'right' }, { title: 'FROM' }, { title: 'MODULE' }],
      all.map(({ bytes, origin, name }) => [String(bytes), origin, name]),
    ),
    '',
  ];
}

function functions(inspection: Inspection, isComplete: boolean): readonly string[] {
  const shown = isComplete ? inspection.functions : inspection.libraryFunctions;
  const left = inspection.functions.length - shown.length;
  return [
    originTable(inspection),
    '',
    formatTable(
      [{ title: 'BYTES', align: 'right' }, { title: 'FROM' }, { title: 'FUNCTION' }],
      shown.map(({ bytes, origin, name }) => [String(bytes), origin, name]),
    ),
    '',
    `${inspection.functions.length} functions, ${inspection.codeBytes} bytes of code` +
      (left === 0 ? '' : `; --all lists the other ${left} too`),
  ];
}
