/**
 * What an image may import from module `linux`: Linux system calls of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl) and
 * native intrinsics of the code generator. Every system call takes `arity` i64 parameters and returns the raw i64 result
 * (-errno on failure). Calls that share or replace the caller's stack (vfork, clone) cannot be made from compiled code and
 * are missing on purpose.
 */
import type { Flavour } from '../compile.ts';

export interface LinuxCall {
  readonly name: string;
  readonly number: number;
  readonly arity: number;
  readonly flavours: readonly Flavour[];
}

const everywhere: readonly Flavour[] = ['process', 'linux'];
const hostOnly: readonly Flavour[] = ['linux'];

const call = (number: number, name: string, arity: number, flavours: readonly Flavour[] = hostOnly): LinuxCall => ({
  name,
  number,
  arity,
  flavours,
});

export const linuxCalls: readonly LinuxCall[] = [
  call(0, 'read', 3, everywhere),
  call(1, 'write', 3, everywhere),
  call(2, 'open', 3),
  call(3, 'close', 1, everywhere),
  call(4, 'stat', 2),
  call(5, 'fstat', 2),
  call(6, 'lstat', 2),
  call(7, 'poll', 3),
  call(8, 'lseek', 3),
  call(9, 'mmap', 6),
  call(10, 'mprotect', 3, everywhere),
  call(11, 'munmap', 2),
  call(13, 'rt_sigaction', 4),
  call(14, 'rt_sigprocmask', 4),
  call(15, 'rt_sigreturn', 0),
  call(16, 'ioctl', 3),
  call(17, 'pread64', 4),
  call(18, 'pwrite64', 4),
  call(19, 'readv', 3),
  call(20, 'writev', 3),
  call(21, 'access', 2),
  call(22, 'pipe', 1),
  call(24, 'sched_yield', 0),
  call(25, 'mremap', 5),
  call(26, 'msync', 3),
  call(28, 'madvise', 3),
  call(32, 'dup', 1),
  call(33, 'dup2', 2),
  call(34, 'pause', 0),
  call(35, 'nanosleep', 2),
  call(37, 'alarm', 1),
  call(39, 'getpid', 0),
  call(40, 'sendfile', 4),
  call(41, 'socket', 3),
  call(42, 'connect', 3),
  call(43, 'accept', 3),
  call(44, 'sendto', 6, everywhere),
  call(45, 'recvfrom', 6, everywhere),
  call(46, 'sendmsg', 3),
  call(47, 'recvmsg', 3),
  call(48, 'shutdown', 2, everywhere),
  call(49, 'bind', 3),
  call(50, 'listen', 2),
  call(51, 'getsockname', 3),
  call(52, 'getpeername', 3),
  call(53, 'socketpair', 4),
  call(54, 'setsockopt', 5),
  call(55, 'getsockopt', 5),
  call(57, 'fork', 0),
  call(59, 'execve', 3),
  call(60, 'exit', 1),
  call(61, 'wait4', 4),
  call(62, 'kill', 2),
  call(63, 'uname', 1),
  call(72, 'fcntl', 3),
  call(73, 'flock', 2),
  call(74, 'fsync', 1),
  call(75, 'fdatasync', 1),
  call(76, 'truncate', 2),
  call(77, 'ftruncate', 2),
  call(79, 'getcwd', 2),
  call(80, 'chdir', 1),
  call(81, 'fchdir', 1),
  call(82, 'rename', 2),
  call(83, 'mkdir', 2),
  call(84, 'rmdir', 1),
  call(86, 'link', 2),
  call(87, 'unlink', 1),
  call(88, 'symlink', 2),
  call(89, 'readlink', 3),
  call(90, 'chmod', 2),
  call(91, 'fchmod', 2),
  call(95, 'umask', 1),
  call(96, 'gettimeofday', 2),
  call(97, 'getrlimit', 2),
  call(98, 'getrusage', 2),
  call(99, 'sysinfo', 1),
  call(102, 'getuid', 0),
  call(104, 'getgid', 0),
  call(107, 'geteuid', 0),
  call(108, 'getegid', 0),
  call(109, 'setpgid', 2),
  call(110, 'getppid', 0),
  call(111, 'getpgrp', 0),
  call(112, 'setsid', 0),
  call(116, 'setgroups', 2),
  call(117, 'setresuid', 3),
  call(119, 'setresgid', 3),
  call(125, 'capget', 2),
  call(126, 'capset', 2),
  call(128, 'rt_sigtimedwait', 4),
  call(131, 'sigaltstack', 2),
  call(155, 'pivot_root', 2),
  call(157, 'prctl', 5),
  call(158, 'arch_prctl', 2),
  call(160, 'setrlimit', 2),
  call(161, 'chroot', 1),
  call(165, 'mount', 5),
  call(166, 'umount2', 2),
  call(170, 'sethostname', 2),
  call(186, 'gettid', 0),
  call(202, 'futex', 6),
  call(203, 'sched_setaffinity', 3),
  call(204, 'sched_getaffinity', 3),
  call(217, 'getdents64', 3),
  call(228, 'clock_gettime', 2, everywhere),
  call(229, 'clock_getres', 2),
  call(230, 'clock_nanosleep', 4),
  call(231, 'exit_group', 1, everywhere),
  call(232, 'epoll_wait', 4),
  call(233, 'epoll_ctl', 4, everywhere),
  call(234, 'tgkill', 3),
  call(247, 'waitid', 5),
  call(257, 'openat', 4),
  call(258, 'mkdirat', 3),
  call(262, 'newfstatat', 4),
  call(263, 'unlinkat', 3),
  call(264, 'renameat', 4),
  call(267, 'readlinkat', 4),
  call(268, 'fchmodat', 3),
  call(271, 'ppoll', 5),
  call(272, 'unshare', 1),
  call(273, 'set_robust_list', 2),
  call(275, 'splice', 6),
  call(280, 'utimensat', 4),
  call(281, 'epoll_pwait', 6, everywhere),
  call(283, 'timerfd_create', 2),
  call(285, 'fallocate', 4),
  call(286, 'timerfd_settime', 4),
  call(287, 'timerfd_gettime', 2),
  call(288, 'accept4', 4, everywhere),
  call(289, 'signalfd4', 4),
  call(290, 'eventfd2', 2),
  call(291, 'epoll_create1', 1),
  call(292, 'dup3', 3),
  call(293, 'pipe2', 2),
  call(302, 'prlimit64', 4),
  call(308, 'setns', 2),
  call(310, 'process_vm_readv', 6),
  call(316, 'renameat2', 5),
  call(317, 'seccomp', 3),
  call(318, 'getrandom', 3, everywhere),
  call(319, 'memfd_create', 2),
  call(332, 'statx', 5),
  call(424, 'pidfd_send_signal', 4),
  call(434, 'pidfd_open', 2),
  call(436, 'close_range', 3),
  call(437, 'openat2', 4),
  call(438, 'pidfd_getfd', 3),
  call(439, 'faccessat2', 4),
  call(441, 'epoll_pwait2', 6),
  call(444, 'landlock_create_ruleset', 3),
  call(445, 'landlock_add_rule', 4),
  call(446, 'landlock_restrict_self', 2),
];

export type IntrinsicName =
  | 'memory_base'
  | 'boot'
  | 'peek8'
  | 'peek32'
  | 'peek64'
  | 'poke8'
  | 'poke32'
  | 'poke64'
  | 'start_stack'
  | 'signal_entry'
  | 'enter';

export interface Intrinsic {
  readonly name: IntrinsicName;
  readonly parameters: readonly ('i32' | 'i64')[];
  readonly results: readonly ('i32' | 'i64')[];
  readonly flavours: readonly Flavour[];
  readonly does: string;
}

const intrinsic = (name: IntrinsicName, signature: string, flavours: readonly Flavour[], does: string): Intrinsic => {
  const [parameters = '', results = ''] = signature.split('->');
  const types = (text: string) => text.split(' ').filter((word) => word !== '') as ('i32' | 'i64')[];
  return { name, parameters: types(parameters), results: types(results), flavours, does };
};

export const intrinsics: readonly Intrinsic[] = [
  intrinsic('memory_base', '-> i64', everywhere, 'Native address of byte 0 of memory 0.'),
  intrinsic('boot', 'i32 -> i64', ['process'], 'Word of the boot block.'),
  intrinsic('peek8', 'i64 -> i32', hostOnly, 'Byte at a native address, zero-extended.'),
  intrinsic('peek32', 'i64 -> i32', hostOnly, 'Little-endian word at a native address.'),
  intrinsic('peek64', 'i64 -> i64', hostOnly, 'Little-endian double word at a native address.'),
  intrinsic('poke8', 'i64 i32 ->', hostOnly, 'Store the low byte at a native address.'),
  intrinsic('poke32', 'i64 i32 ->', hostOnly, 'Store a word at a native address.'),
  intrinsic('poke64', 'i64 i64 ->', hostOnly, 'Store a double word at a native address.'),
  intrinsic('start_stack', '-> i64', hostOnly, 'Native address of argc as the kernel left it.'),
  intrinsic(
    'signal_entry',
    '-> i64',
    hostOnly,
    'Native address of a signal handler that calls the export on_signal(i32 signo, i64 info, i64 context) and returns with rt_sigreturn.',
  ),
  intrinsic(
    'enter',
    'i64 i64 i64 ->',
    hostOnly,
    'Jump into an image: entry address, boot block address, top of stack. Never returns.',
  ),
];
