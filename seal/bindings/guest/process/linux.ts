// What the bindings may ask of the code generator (seal/codegen/linux-calls.ts): raw system calls, -errno on failure.

@external("linux", "write")
export declare function write(descriptor: i64, address: i64, length: i64): i64;
@external("linux", "close")
export declare function close(descriptor: i64): i64;
@external("linux", "sendto")
export declare function sendto(descriptor: i64, address: i64, length: i64, flags: i64, to: i64, toLength: i64): i64;
@external("linux", "recvfrom")
export declare function recvfrom(descriptor: i64, address: i64, length: i64, flags: i64, from: i64, fromLength: i64): i64;
@external("linux", "shutdown")
export declare function shutdown(descriptor: i64, how: i64): i64;
@external("linux", "clock_gettime")
export declare function clock_gettime(clock: i64, timespec: i64): i64;
@external("linux", "exit_group")
export declare function exit_group(status: i64): i64;
@external("linux", "epoll_ctl")
export declare function epoll_ctl(epoll: i64, operation: i64, descriptor: i64, event: i64): i64;
@external("linux", "epoll_pwait")
export declare function epoll_pwait(epoll: i64, events: i64, capacity: i64, timeoutMs: i64, signals: i64, signalsSize: i64): i64;
@external("linux", "accept4")
export declare function accept4(descriptor: i64, address: i64, length: i64, flags: i64): i64;
@external("linux", "getrandom")
export declare function getrandom(address: i64, length: i64, flags: i64): i64;

// Of images that make connections only.
@external("linux", "recvmsg")
export declare function recvmsg(descriptor: i64, message: i64, flags: i64): i64;
@external("linux", "fcntl")
export declare function fcntl(descriptor: i64, command: i64, argument: i64): i64;
@external("linux", "dup3")
export declare function dup3(from: i64, to: i64, flags: i64): i64;

@external("linux", "memory_base")
export declare function memory_base(): i64;
/** Word of the boot block (docs/process-image.md). */
@external("linux", "boot")
export declare function boot(word: i32): i64;

export const EINTR: i64 = -4;
export const EBADF: i64 = -9;
export const EAGAIN: i64 = -11;
export const ENOMEM: i64 = -12;
export const EFAULT: i64 = -14;
export const EEXIST: i64 = -17;
export const EINVAL: i64 = -22;
export const ENFILE: i64 = -23;
export const EMFILE: i64 = -24;
export const ENOTSOCK: i64 = -88;
export const ECONNABORTED: i64 = -103;
export const ENOBUFS: i64 = -105;

export const EPOLLIN: u32 = 1;
export const EPOLLOUT: u32 = 4;
export const EPOLLERR: u32 = 8;
export const EPOLLHUP: u32 = 16;
export const EPOLLRDHUP: u32 = 0x2000;
export const EPOLLET: u32 = 0x80000000;
