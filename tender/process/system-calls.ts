/**
 * Every system call an image may ever use, with what its arguments must be. An image's manifest selects rows; it cannot
 * add one or widen one. Pointers are not checked: the kernel copies from and to the caller's own memory only.
 */

/** What decides which descriptors an image has. */
export interface Descriptors {
  readonly listeningCount: number;
  /** It may ask for outgoing connections. */
  readonly hasEgress: boolean;
}

/** Numbers an image's descriptors have (docs/process-image.md). Everything above `lastListening` is a connection. */
export interface DescriptorLayout {
  /** `/dev/null`. */
  readonly none: number;
  readonly console: number;
  readonly trapReport: number;
  readonly epoll: number;
  /** The socket on which outgoing connections are asked for; undefined: there are none. */
  readonly requests: number | undefined;
  readonly firstListening: number;
  readonly lastListening: number;
}

export const descriptorLayout = ({ listeningCount, hasEgress }: Descriptors): DescriptorLayout => ({
  none: 0,
  console: 1,
  trapReport: 2,
  epoll: 3,
  requests: hasEgress ? 4 : undefined,
  firstListening: hasEgress ? 5 : 4,
  lastListening: (hasEgress ? 4 : 3) + listeningCount,
});

/** All comparisons are over the whole 64-bit register, although the kernel looks at half of it for most arguments. */
export type ArgumentRule =
  | { readonly kind: 'range'; readonly argument: number; readonly from: number; readonly to: number }
  | { readonly kind: 'onlyBits'; readonly argument: number; readonly mask: number }
  | { readonly kind: 'above4GiB'; readonly argument: number };

export interface SystemCall {
  readonly name: string;
  /** asm/unistd_64.h */
  readonly number: number;
  /** Undefined: not by any image. */
  readonly rules: ((layout: DescriptorLayout) => readonly ArgumentRule[]) | undefined;
  /** By an image with an egress also so; `requests` is its descriptor. */
  readonly egressRules?: (layout: DescriptorLayout, requests: number) => readonly ArgumentRule[];
}

export const range = (argument: number, from: number, to: number): ArgumentRule => ({
  kind: 'range',
  argument,
  from,
  to,
});
export const equals = (argument: number, value: number): ArgumentRule => range(argument, value, value);
export const zero = (argument: number): ArgumentRule => equals(argument, 0);
export const onlyBits = (argument: number, mask: number): ArgumentRule => ({ kind: 'onlyBits', argument, mask });
const connection = (argument: number, layout: DescriptorLayout): ArgumentRule =>
  range(argument, layout.lastListening + 1, 0x7fff_ffff);

const readWrite = 0x1 | 0x2;
const closeOnExec = 0o2000000;
const nonBlockingCloseOnExec = 0o4000 | closeOnExec;
/** F_DUPFD_CLOEXEC */
const duplicateCloseOnExec = 1030;
const messageFlags = { dontWait: 0x40, noSignal: 0x4000, more: 0x8000 } as const;

/** In the order in which the filter tries them: what a busy server calls most comes first. */
export const systemCalls: readonly SystemCall[] = [
  {
    name: 'recvfrom',
    number: 45,
    rules: (layout) => [connection(0, layout), onlyBits(3, messageFlags.dontWait), zero(4), zero(5)],
  },
  {
    name: 'sendto',
    number: 44,
    rules: (layout) => [
      connection(0, layout),
      onlyBits(3, messageFlags.dontWait | messageFlags.noSignal | messageFlags.more),
      zero(4),
      zero(5),
    ],
    egressRules: (_layout, requests) => [
      equals(0, requests),
      onlyBits(3, messageFlags.dontWait | messageFlags.noSignal),
      zero(4),
      zero(5),
    ],
  },
  { name: 'epoll_pwait', number: 281, rules: (layout) => [equals(0, layout.epoll), zero(4)] },
  { name: 'epoll_wait', number: 232, rules: (layout) => [equals(0, layout.epoll)] },
  { name: 'epoll_ctl', number: 233, rules: (layout) => [equals(0, layout.epoll)] },
  {
    name: 'accept4',
    number: 288,
    rules: (layout) => [
      range(0, layout.firstListening, layout.lastListening),
      zero(1),
      zero(2),
      equals(3, nonBlockingCloseOnExec),
    ],
  },
  { name: 'close', number: 3, rules: (layout) => [connection(0, layout)] },
  { name: 'shutdown', number: 48, rules: (layout) => [connection(0, layout)] },
  // How a connection that the tender has made comes in, and how it gets the number the image knows it by: that is given out
  // before there is a connection, to a copy of /dev/null.
  { name: 'recvmsg', number: 47, rules: undefined, egressRules: (_layout, requests) => [equals(0, requests), zero(2)] },
  {
    name: 'fcntl',
    number: 72,
    rules: undefined,
    egressRules: (layout) => [equals(0, layout.none), equals(1, duplicateCloseOnExec), zero(2)],
  },
  {
    name: 'dup3',
    number: 292,
    rules: undefined,
    egressRules: (layout) => [connection(0, layout), connection(1, layout), equals(2, closeOnExec)],
  },
  { name: 'clock_gettime', number: 228, rules: () => [range(0, 0, 1)] },
  { name: 'write', number: 1, rules: (layout) => [range(0, layout.console, layout.trapReport)] },
  { name: 'getrandom', number: 318, rules: () => [zero(2)] },
  // Text, read-only data and data lie below 4 GiB and stay what they are; linear memories lie above.
  { name: 'mprotect', number: 10, rules: () => [{ kind: 'above4GiB', argument: 0 }, equals(2, readWrite)] },
  { name: 'exit_group', number: 231, rules: () => [] },
];

/** The tender's own signal handler needs these, whatever the image declares: it reports on `trapReport` and ends. */
export const alwaysAllowed: readonly string[] = ['write', 'exit_group'];
