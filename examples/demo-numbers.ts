/** What the demo has measured: for programs as JSON, for people as a table with a column for each target. */
import { formatBytes, formatMs, formatTable } from '@diatom/cli/terminal';

/** Of one target. */
export interface Column {
  image_bytes: number;
  apply_to_ready_ms: number;
  /** From connect to the first byte of the answer, each from zero. */
  cold_first_byte_ms: number[];
  warm_p50_ms: number;
  /** Proportional set size of an instance that has answered and waits; null where the machine does not tell. */
  idle_memory_kb: number | null;
  requests: number;
  failed: number;
  scaled_to_zero: boolean;
}

/** The process target's column is the outer object. */
export interface Numbers extends Column {
  /** One build for both targets. */
  build_ms: number;
  cell_ready_ms: number;
  hvt: Column | { readonly missing: string };
}

export const rounded = (ms: number): number => Number(ms.toFixed(2));

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

const rows: readonly (readonly [title: string, show: (column: Column) => string])[] = [
  ['executable in the image', ({ image_bytes }) => formatBytes(image_bytes)],
  ['kubectl apply to ready', ({ apply_to_ready_ms }) => formatMs(apply_to_ready_ms)],
  ['first byte from zero, p50', ({ cold_first_byte_ms }) => formatMs(median(cold_first_byte_ms))],
  ['request while warm, p50', ({ warm_p50_ms }) => formatMs(warm_p50_ms)],
  [
    'memory of an idle instance',
    ({ idle_memory_kb }) => (idle_memory_kb === null ? 'not readable' : formatBytes(idle_memory_kb * 1024)),
  ],
  ['requests under load', ({ requests }) => String(requests)],
  ['of these failed', ({ failed }) => String(failed)],
  ['scaled to zero', ({ scaled_to_zero }) => (scaled_to_zero ? 'yes' : 'no')],
];

export function tableOf(numbers: Numbers): string {
  const { hvt } = numbers;
  const machine = 'missing' in hvt ? undefined : hvt;
  const shown = [
    ['source file to image', formatMs(numbers.build_ms), machine === undefined ? '-' : 'same build'],
    ...rows.map(([title, show]) => [title, show(numbers), machine === undefined ? '-' : show(machine)]),
  ];
  const columns = [
    { title: 'ONE SERVICE, TWO TARGETS' },
    { title: 'PROCESS', align: 'right' },
    { title: 'VIRTUAL MACHINE', align: 'right' },
  ] as const;
  const table = formatTable(columns, shown);
  return 'missing' in hvt ? `${table}\n\nNo virtual machine: ${hvt.missing}` : table;
}
