/** What a module may import from module `linux` beside system calls: single instructions and routines of the code generator. */
import type { Flavour } from '../compile.ts';

type IntrinsicType = 'i32' | 'i64';

export interface Intrinsic {
  readonly name: IntrinsicName;
  readonly parameters: readonly IntrinsicType[];
  readonly results: readonly IntrinsicType[];
  readonly flavours: readonly Flavour[];
  readonly does: string;
}

interface Row {
  readonly type: string;
  readonly flavours: readonly Flavour[];
  readonly does: string;
}

const everywhere: readonly Flavour[] = ['process', 'hvt', 'virtio', 'linux'];
const images: readonly Flavour[] = ['process', 'hvt', 'virtio'];
const hostOnly: readonly Flavour[] = ['linux'];
/** A process image has no memory but its own; in a virtual machine there is nothing else to reach. */
const allButProcess: readonly Flavour[] = ['hvt', 'virtio', 'linux'];
const virtualMachines: readonly Flavour[] = ['hvt', 'virtio'];
const virtioOnly: readonly Flavour[] = ['virtio'];

const row = (type: string, flavours: readonly Flavour[], does: string): Row => ({ type, flavours, does });

const rows = {
  memory_base: row('-> i64', everywhere, 'Native address of byte 0 of memory 0.'),
  boot: row('i32 -> i64', images, 'Word of the boot block.'),
  peek8: row('i64 -> i32', allButProcess, 'Byte at a native address, zero-extended.'),
  peek32: row('i64 -> i32', allButProcess, 'Little-endian word at a native address.'),
  peek64: row('i64 -> i64', allButProcess, 'Little-endian double word at a native address.'),
  poke8: row('i64 i32 ->', allButProcess, 'Store the low byte at a native address.'),
  poke32: row('i64 i32 ->', allButProcess, 'Store a word at a native address.'),
  poke64: row('i64 i64 ->', allButProcess, 'Store a double word at a native address.'),
  copy: row(
    'i64 i64 i64 ->',
    allButProcess,
    'To, from, length: copy bytes between native addresses, which may overlap.',
  ),
  timestamp: row('-> i64', allButProcess, "The processor's time stamp counter."),
  in8: row('i32 -> i32', virtioOnly, 'Byte from an I/O port, zero-extended.'),
  in16: row('i32 -> i32', virtioOnly, 'Two bytes from an I/O port, zero-extended.'),
  in32: row('i32 -> i32', virtioOnly, 'Word from an I/O port.'),
  out8: row('i32 i32 ->', virtioOnly, 'Port, value: write the low byte to an I/O port.'),
  out16: row('i32 i32 ->', virtioOnly, 'Port, value: write the low two bytes to an I/O port.'),
  out32: row('i32 i32 ->', virtualMachines, 'Port, value: write a word to an I/O port.'),
  supervisor: row(
    'i32 i64 i64 -> i64',
    virtioOnly,
    'Number and two arguments: what the boot code does in ring 0 on behalf of the image (ud2 with code 0x80).',
  ),
  start_stack: row('-> i64', hostOnly, 'Native address of argc as the kernel left it.'),
  signal_entry: row(
    '-> i64',
    hostOnly,
    'Native address of a signal handler that calls the export on_signal(i32 signo, i64 info, i64 context) and returns with rt_sigreturn.',
  ),
  enter: row(
    'i64 i64 i64 ->',
    hostOnly,
    'Jump into an image: entry address, boot block address, top of stack. Never returns.',
  ),
} as const satisfies Readonly<Record<string, Row>>;

export type IntrinsicName = keyof typeof rows;

function intrinsic(name: IntrinsicName): Intrinsic {
  const { type, flavours, does } = rows[name];
  const [parameters = '', results = ''] = type.split('->');
  const types = (text: string) => text.split(' ').filter((word) => word !== '') as IntrinsicType[];
  return { name, parameters: types(parameters), results: types(results), flavours, does };
}

export const intrinsics: readonly Intrinsic[] = (Object.keys(rows) as IntrinsicName[]).map(intrinsic);
