// The machine ABI as AssemblyScript sees it: one declaration per row of libos/abi.ts (a test compares them).

@external("diatom:machine", "console_write")
export declare function console_write(ptr: usize, len: i32): void;
@external("diatom:machine", "clock_monotonic")
export declare function clock_monotonic(): i64;
@external("diatom:machine", "clock_wall")
export declare function clock_wall(): i64;
@external("diatom:machine", "entropy")
export declare function entropy(ptr: usize, len: i32): void;
@external("diatom:machine", "environ")
export declare function environ(ptr: usize, len: i32): i32;
@external("diatom:machine", "exit")
export declare function exit(status: i32): void;
@external("diatom:machine", "yield")
export declare function yield_until(deadline: i64, ptr: usize, capacity: i32): i32;
@external("diatom:machine", "sock_listen")
export declare function sock_listen(port: i32): i32;
@external("diatom:machine", "sock_accept")
export declare function sock_accept(handle: i32): i32;
@external("diatom:machine", "sock_connect")
export declare function sock_connect(ptr: usize, len: i32): i32;
@external("diatom:machine", "sock_receive")
export declare function sock_receive(handle: i32, ptr: usize, len: i32): i32;
@external("diatom:machine", "sock_send")
export declare function sock_send(handle: i32, ptr: usize, len: i32): i32;
@external("diatom:machine", "sock_shutdown")
export declare function sock_shutdown(handle: i32): i32;
@external("diatom:machine", "sock_close")
export declare function sock_close(handle: i32): i32;
@external("diatom:machine", "net_info")
export declare function net_info(ptr: usize): i32;
@external("diatom:machine", "net_read")
export declare function net_read(ptr: usize, len: i32): i32;
@external("diatom:machine", "net_write")
export declare function net_write(ptr: usize, len: i32): i32;
@external("diatom:machine", "block_info")
export declare function block_info(ptr: usize): i32;
@external("diatom:machine", "block_read")
export declare function block_read(sector: i64, ptr: usize, len: i32): i32;
@external("diatom:machine", "block_write")
export declare function block_write(sector: i64, ptr: usize, len: i32): i32;

export const AGAIN = -1;
export const CLOSED = -2;
export const INVALID = -3;
export const DENIED = -4;
export const LIMIT = -5;
export const REFUSED = -6;

export const READABLE = 1;
export const WRITABLE = 2;
export const HANGUP = 4;
