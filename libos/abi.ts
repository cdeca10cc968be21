/**
 * The machine ABI: the only door out of an image (design §5). Every call is a row here; the guest declarations
 * (`guest/os/machine.ts`), the `node` tender and the process bindings are all checked against this table.
 *
 * Rules that hold for every call:
 * - Integers only. `ptr` is an offset into the memory of the library OS; `len` a length in bytes.
 * - A negative i32 result is an error code from `machineErrors`. Nothing is retried by the host.
 * - No call blocks except `yield`; block_read and block_write wait for their device. No call calls back.
 * - The host copies; after a call returns it holds no pointer into the guest.
 */

export type ValueType = 'i32' | 'i64';

export interface MachineCall {
  readonly name: string;
  readonly group: 'core' | 'sock' | 'net' | 'block';
  readonly parameters: readonly { readonly name: string; readonly type: ValueType }[];
  readonly result: ValueType | 'none';
  readonly does: string;
}

const call = (
  group: MachineCall['group'],
  name: string,
  signature: string,
  result: MachineCall['result'],
  does: string,
): MachineCall => ({
  name,
  group,
  parameters: signature
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const [parameter = '', type = 'i32'] = word.split(':');
      return { name: parameter, type: type as ValueType };
    }),
  result,
  does,
});

/** Wasm import module under which the calls appear in a linked image. */
export const machineModule = 'diatom:machine';

/** Bumped when a call changes its meaning; an image records the version it was linked for. */
export const machineVersion = 1;

export const machineCalls: readonly MachineCall[] = [
  call(
    'core',
    'console_write',
    'ptr len',
    'none',
    'Write bytes to the console. Lines end in \\n; the tender stamps them.',
  ),
  call('core', 'clock_monotonic', '', 'i64', 'Nanoseconds since an arbitrary start; never goes back.'),
  call('core', 'clock_wall', '', 'i64', 'Nanoseconds since 1970-01-01T00:00:00Z.'),
  call(
    'core',
    'entropy',
    'ptr len',
    'none',
    'Fill with cryptographically strong random bytes. At most 256 bytes a call.',
  ),
  call(
    'core',
    'environ',
    'ptr len',
    'i32',
    'Copy at most len bytes of the environment (NAME=VALUE, each ended by NUL); returns its whole length.',
  ),
  call('core', 'exit', 'status', 'none', 'End the instance with this exit status (0-255). Does not return.'),
  call(
    'core',
    'yield',
    'deadline:i64 ptr capacity',
    'i32',
    'The only place an image waits. Sleep until a handle is ready or clock_monotonic reaches the deadline (-1: never; 0: only look). Writes up to capacity records of 8 bytes {handle: u32, ready: u32 bits of readyBits} and returns their number. Reports are edges: a handle is reported again only after a receive or send on it gave again or fewer bytes than asked for, or an accept gave again; a hangup is reported once. A report may come for nothing.',
  ),
  call(
    'sock',
    'sock_listen',
    'port',
    'i32',
    'Handle of the listening socket for a port the manifest declares; denied otherwise.',
  ),
  call('sock', 'sock_accept', 'handle', 'i32', 'Handle of the next connection, or again.'),
  call(
    'sock',
    'sock_connect',
    'ptr len',
    'i32',
    'Connect to HOST:PORT (text), which the manifest must allow. With `tls:` before it the host speaks TLS to the peer and checks its certificate; the image sends and receives plain bytes. The handle becomes writable when connected; a connection that failed hangs up, and the next receive says denied (not allowed) or refused.',
  ),
  call('sock', 'sock_receive', 'handle ptr len', 'i32', 'Bytes received, 0 at the end of the stream, or again.'),
  call('sock', 'sock_send', 'handle ptr len', 'i32', 'Bytes taken (may be fewer than len), or again.'),
  call('sock', 'sock_shutdown', 'handle', 'i32', 'No more bytes will be sent.'),
  call('sock', 'sock_close', 'handle', 'i32', 'Give the handle back. Unsent bytes are still delivered.'),
  call(
    'net',
    'net_info',
    'ptr',
    'i32',
    'Write 8 bytes {address: 6 bytes, mtu: u16} of the network device. The handle under which yield reports it, readable when frames have come and writable when there is room again; denied on a machine without one.',
  ),
  call(
    'net',
    'net_read',
    'ptr len',
    'i32',
    'Take the next Ethernet frame (without checksum): its length, or again. len must hold mtu + 14 bytes.',
  ),
  call(
    'net',
    'net_write',
    'ptr len',
    'i32',
    'Send an Ethernet frame of 14 to mtu + 14 bytes: its length, or again when there is no room.',
  ),
  call(
    'block',
    'block_info',
    'ptr',
    'i32',
    'Write 16 bytes {sectors: u64, bytes a sector: u32, 1 when it is read-only: u32} of the block device; denied on a machine without one.',
  ),
  call(
    'block',
    'block_read',
    'sector:i64 ptr len',
    'i32',
    'Read len bytes, a multiple of the sector size, all of them on the device: len, or refused when the device fails.',
  ),
  call(
    'block',
    'block_write',
    'sector:i64 ptr len',
    'i32',
    'Write likewise; the bytes are kept when it returns. Denied on a read-only device.',
  ),
];

/** Bits of a `yield` record. `hangup` means the peer is gone or the handle failed: the next receive or send says how. */
export const readyBits = { readable: 1, writable: 2, hangup: 4 } as const;

export const machineErrors = {
  again: -1,
  closed: -2,
  invalid: -3,
  denied: -4,
  limit: -5,
  refused: -6,
} as const;

/**
 * Bytes at the start of library-OS memory that belong to the bindings (scratch space, rings). The library OS is
 * compiled with its static data above this, so bindings and library OS can share one memory without meeting.
 */
export const machinePageBytes = 4096;
