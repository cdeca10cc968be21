/**
 * Raw system calls and native intrinsics (docs/process-image.md, the `linux` flavour). Addresses are native; `native`
 * turns an offset into the tender's own memory into one. Results are -errno on failure.
 */

// @ts-ignore: decorators of AssemblyScript
@external('linux', 'memory_base') declare function memoryBase(): i64;
// @ts-ignore
@external('linux', 'start_stack') export declare function startStack(): i64;
// @ts-ignore
@external('linux', 'signal_entry') export declare function signalEntry(): i64;
// @ts-ignore
@external('linux', 'enter') export declare function enter(entry: i64, boot: i64, stack: i64): void;
// @ts-ignore
@external('linux', 'peek8') export declare function peek8(address: i64): i32;
// @ts-ignore
@external('linux', 'peek32') export declare function peek32(address: i64): i32;
// @ts-ignore
@external('linux', 'peek64') export declare function peek64(address: i64): i64;
// @ts-ignore
@external('linux', 'poke8') export declare function poke8(address: i64, value: i32): void;
// @ts-ignore
@external('linux', 'poke32') export declare function poke32(address: i64, value: i32): void;
// @ts-ignore
@external('linux', 'poke64') export declare function poke64(address: i64, value: i64): void;

// @ts-ignore
@external('linux', 'read') export declare function read(fd: i64, buffer: i64, length: i64): i64;
// @ts-ignore
@external('linux', 'write') export declare function write(fd: i64, buffer: i64, length: i64): i64;
// @ts-ignore
@external('linux', 'close') export declare function close(fd: i64): i64;
// @ts-ignore
@external('linux', 'fstat') export declare function fstat(fd: i64, buffer: i64): i64;
// @ts-ignore
@external('linux', 'mmap') export declare function mmap(address: i64, length: i64, protection: i64, flags: i64, fd: i64, offset: i64): i64;
// @ts-ignore
@external('linux', 'mprotect') export declare function mprotect(address: i64, length: i64, protection: i64): i64;
// @ts-ignore
@external('linux', 'munmap') export declare function munmap(address: i64, length: i64): i64;
// @ts-ignore
@external('linux', 'rt_sigaction') export declare function rtSigaction(signal: i64, action: i64, old: i64, setBytes: i64): i64;
// @ts-ignore
@external('linux', 'rt_sigprocmask') export declare function rtSigprocmask(how: i64, set: i64, old: i64, setBytes: i64): i64;
// @ts-ignore
@external('linux', 'ioctl') export declare function ioctl(fd: i64, request: i64, argument: i64): i64;
// @ts-ignore
@external('linux', 'pread64') export declare function pread(fd: i64, buffer: i64, length: i64, offset: i64): i64;
// @ts-ignore
@external('linux', 'getpid') export declare function getpid(): i64;
// @ts-ignore
@external('linux', 'getppid') export declare function getppid(): i64;
// @ts-ignore
@external('linux', 'sendto') export declare function sendto(fd: i64, buffer: i64, length: i64, flags: i64, address: i64, addressLength: i64): i64;
// @ts-ignore
@external('linux', 'recvfrom') export declare function recvfrom(fd: i64, buffer: i64, length: i64, flags: i64, address: i64, addressLength: i64): i64;
// @ts-ignore
@external('linux', 'shutdown') export declare function shutdown(fd: i64, how: i64): i64;
// @ts-ignore
@external('linux', 'socket') export declare function socket(family: i64, type: i64, protocol: i64): i64;
// @ts-ignore
@external('linux', 'connect') export declare function connect(fd: i64, address: i64, length: i64): i64;
// @ts-ignore
@external('linux', 'socketpair') export declare function socketpair(family: i64, type: i64, protocol: i64, fds: i64): i64;
// @ts-ignore
@external('linux', 'sendmsg') export declare function sendmsg(fd: i64, message: i64, flags: i64): i64;
// @ts-ignore
@external('linux', 'recvmsg') export declare function recvmsg(fd: i64, message: i64, flags: i64): i64;
// @ts-ignore
@external('linux', 'bind') export declare function bind(fd: i64, address: i64, length: i64): i64;
// @ts-ignore
@external('linux', 'listen') export declare function listen(fd: i64, backlog: i64): i64;
// @ts-ignore
@external('linux', 'setsockopt') export declare function setsockopt(fd: i64, level: i64, option: i64, value: i64, length: i64): i64;
// @ts-ignore
@external('linux', 'accept4') export declare function accept4(fd: i64, address: i64, length: i64, flags: i64): i64;
// @ts-ignore
@external('linux', 'fork') export declare function fork(): i64;
// @ts-ignore
@external('linux', 'wait4') export declare function wait4(pid: i64, status: i64, options: i64, usage: i64): i64;
// @ts-ignore
@external('linux', 'kill') export declare function kill(pid: i64, signal: i64): i64;
// @ts-ignore
@external('linux', 'fcntl') export declare function fcntl(fd: i64, command: i64, argument: i64): i64;
// @ts-ignore
@external('linux', 'flock') export declare function flock(fd: i64, operation: i64): i64;
// @ts-ignore
@external('linux', 'rename') export declare function rename(from: i64, to: i64): i64;
// @ts-ignore
@external('linux', 'unlink') export declare function unlink(path: i64): i64;
// @ts-ignore
@external('linux', 'umask') export declare function umask(mask: i64): i64;
// @ts-ignore
@external('linux', 'capset') export declare function capset(header: i64, data: i64): i64;
// @ts-ignore
@external('linux', 'sigaltstack') export declare function sigaltstack(stack: i64, old: i64): i64;
// @ts-ignore
@external('linux', 'prctl') export declare function prctl(option: i64, a: i64, b: i64, c: i64, d: i64): i64;
// @ts-ignore
@external('linux', 'clock_gettime') export declare function clockGettime(clock: i64, time: i64): i64;
// @ts-ignore
@external('linux', 'exit_group') export declare function exitGroup(status: i64): i64;
// @ts-ignore
@external('linux', 'epoll_ctl') export declare function epollCtl(epoll: i64, operation: i64, fd: i64, event: i64): i64;
// @ts-ignore
@external('linux', 'epoll_pwait') export declare function epollPwait(epoll: i64, events: i64, capacity: i64, timeoutMs: i64, mask: i64, maskBytes: i64): i64;
// @ts-ignore
@external('linux', 'epoll_create1') export declare function epollCreate(flags: i64): i64;
// @ts-ignore
@external('linux', 'openat') export declare function openat(directory: i64, path: i64, flags: i64, mode: i64): i64;
// @ts-ignore
@external('linux', 'signalfd4') export declare function signalfd(fd: i64, mask: i64, maskBytes: i64, flags: i64): i64;
// @ts-ignore
@external('linux', 'dup3') export declare function dup3(from: i64, to: i64, flags: i64): i64;
// @ts-ignore
@external('linux', 'pipe2') export declare function pipe2(fds: i64, flags: i64): i64;
// @ts-ignore
@external('linux', 'prlimit64') export declare function prlimit(pid: i64, resource: i64, limit: i64, old: i64): i64;
// @ts-ignore
@external('linux', 'seccomp') export declare function seccomp(operation: i64, flags: i64, argument: i64): i64;
// @ts-ignore
@external('linux', 'getrandom') export declare function getrandom(buffer: i64, length: i64, flags: i64): i64;
// @ts-ignore
@external('linux', 'close_range') export declare function closeRange(first: i64, last: i64, flags: i64): i64;
// @ts-ignore
@external('linux', 'landlock_create_ruleset') export declare function landlockCreateRuleset(attributes: i64, size: i64, flags: i64): i64;
// @ts-ignore
@external('linux', 'landlock_restrict_self') export declare function landlockRestrictSelf(ruleset: i64, flags: i64): i64;

/** Native address of an offset into the tender's memory. */
export function native(pointer: usize): i64 {
  return memoryBase() + (pointer as i64);
}

// Flags of the calls above, from the kernel's uapi headers.
export const PROT_READ: i32 = 1;
export const PROT_WRITE: i32 = 2;
export const PROT_EXEC: i32 = 4;
export const MAP_SHARED: i32 = 0x01;
export const MAP_PRIVATE: i32 = 0x02;
export const MAP_FIXED: i32 = 0x10;
export const MAP_ANONYMOUS: i32 = 0x20;
export const MAP_NORESERVE: i32 = 0x4000;
export const MAP_FIXED_NOREPLACE: i32 = 0x100000;

export const O_WRONLY: i32 = 1;
export const O_RDWR: i32 = 2;
export const O_CREAT: i32 = 0o100;
export const O_APPEND: i32 = 0o2000;
export const O_NONBLOCK: i32 = 0o4000;
export const O_CLOEXEC: i32 = 0o2000000;
export const AT_FDCWD: i32 = -100;
export const F_GETFL: i32 = 3;
export const F_DUPFD_CLOEXEC: i32 = 1030;
export const F_SETFL: i32 = 4;
export const LOCK_EXCLUSIVE_NOW: i32 = 2 | 4;

export const AF_UNIX: i32 = 1;
export const AF_INET: i32 = 2;
export const AF_INET6: i32 = 10;
/** SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC */
export const STREAM_SOCKET: i32 = 1 | 0o4000 | 0o2000000;
/** SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC */
export const SEQUENCED_PACKETS: i32 = 5 | 0o4000 | 0o2000000;
export const MSG_NOSIGNAL: i32 = 0x4000;

export const EPOLL_ADD: i32 = 1;
export const EPOLL_DELETE: i32 = 2;
export const EPOLL_MODIFY: i32 = 3;
export const EPOLLIN: u32 = 1;
export const EPOLLOUT: u32 = 4;
export const EPOLLERR: u32 = 8;
export const EPOLLHUP: u32 = 16;
export const EPOLLRDHUP: u32 = 0x2000;
export const EPOLLET: u32 = 0x8000_0000;

export const SIGHUP: i32 = 1;
export const SIGINT: i32 = 2;
export const SIGILL: i32 = 4;
export const SIGBUS: i32 = 7;
export const SIGFPE: i32 = 8;
export const SIGKILL: i32 = 9;
export const SIGSEGV: i32 = 11;
export const SIGPIPE: i32 = 13;
export const SIGTERM: i32 = 15;
export const SIGCHLD: i32 = 17;
export const SIGSYS: i32 = 31;

export const CLOCK_REALTIME: i32 = 0;
export const CLOCK_MONOTONIC: i32 = 1;

export const EINTR: i64 = -4;
export const EAGAIN: i64 = -11;
export const EEXIST: i64 = -17;
export const EMFILE: i64 = -24;
