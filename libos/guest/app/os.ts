// What the library OS offers (libos/guest/os/index.ts). Pointers are into application memory.

@external("diatom:os", "console_write")
export declare function console_write(ptr: usize, len: i32): void;
@external("diatom:os", "clock_monotonic")
export declare function clock_monotonic(): i64;
@external("diatom:os", "clock_wall")
export declare function clock_wall(): i64;
@external("diatom:os", "entropy_fill")
export declare function entropy_fill(ptr: usize, len: i32): void;
@external("diatom:os", "environment_size")
export declare function environment_size(): i32;
@external("diatom:os", "environment_read")
export declare function environment_read(ptr: usize, len: i32): i32;
@external("diatom:os", "exit")
export declare function exit(status: i32): void;
@external("diatom:os", "timer_arm")
export declare function timer_arm(functionIndex: i32, deadline: i64): void;

@external("diatom:os", "stream_listen")
export declare function stream_listen(port: i32, callback: i32): i32;
@external("diatom:os", "stream_accept")
export declare function stream_accept(handle: i32): i32;
@external("diatom:os", "stream_connect")
export declare function stream_connect(ptr: usize, len: i32, callback: i32): i32;
@external("diatom:os", "stream_receive")
export declare function stream_receive(handle: i32, ptr: usize, len: i32): i32;
@external("diatom:os", "stream_send")
export declare function stream_send(handle: i32, ptr: usize, len: i32): i32;
@external("diatom:os", "stream_shutdown")
export declare function stream_shutdown(handle: i32): i32;
@external("diatom:os", "stream_close")
export declare function stream_close(handle: i32): void;

@external("diatom:os", "frames_open")
export declare function frames_open(ptr: usize, callback: i32): i32;
@external("diatom:os", "frames_receive")
export declare function frames_receive(ptr: usize, len: i32): i32;
@external("diatom:os", "frames_send")
export declare function frames_send(ptr: usize, len: i32): i32;
@external("diatom:os", "block_info")
export declare function block_info(ptr: usize): i32;
@external("diatom:os", "block_read")
export declare function block_read(sector: i64, ptr: usize, len: i32): i32;
@external("diatom:os", "block_write")
export declare function block_write(sector: i64, ptr: usize, len: i32): i32;

@external("diatom:os", "http_listen")
export declare function http_listen(
  port: i32, handler: i32, bodyLimit: i32, connectionLimit: i32, headTimeoutMs: i32, bodyTimeoutMs: i32, idleTimeoutMs: i32,
): i32;
@external("diatom:os", "http_method")
export declare function http_method(): i32;
@external("diatom:os", "http_target_length")
export declare function http_target_length(): i32;
@external("diatom:os", "http_target_read")
export declare function http_target_read(ptr: usize): void;
@external("diatom:os", "http_field_count")
export declare function http_field_count(): i32;
@external("diatom:os", "http_field_find")
export declare function http_field_find(from: i32, name: usize, nameLength: i32): i32;
@external("diatom:os", "http_field_name_length")
export declare function http_field_name_length(index: i32): i32;
@external("diatom:os", "http_field_name_read")
export declare function http_field_name_read(index: i32, ptr: usize): void;
@external("diatom:os", "http_field_value_length")
export declare function http_field_value_length(index: i32): i32;
@external("diatom:os", "http_field_value_read")
export declare function http_field_value_read(index: i32, ptr: usize): void;
@external("diatom:os", "http_body_length")
export declare function http_body_length(): i32;
@external("diatom:os", "http_body_read")
export declare function http_body_read(ptr: usize): void;
@external("diatom:os", "http_respond")
export declare function http_respond(
  status: i32, contentType: i32, fields: usize, fieldsLength: i32, body: usize, bodyLength: i32, close: i32,
): void;
@external("diatom:os", "http_respond_stream")
export declare function http_respond_stream(status: i32, contentType: i32, fields: usize, fieldsLength: i32, pull: i32): i32;
@external("diatom:os", "http_piece")
export declare function http_piece(ptr: usize, length: i32): void;
@external("diatom:os", "http_finish")
export declare function http_finish(): void;

/** Results of the stream calls: `machineErrors` of libos/abi.ts. */
export const AGAIN = -1;
export const CLOSED = -2;
export const INVALID = -3;
export const DENIED = -4;
export const LIMIT = -5;
export const REFUSED = -6;

export const READABLE = 1;
export const WRITABLE = 2;
export const HANGUP = 4;

export function errorName(code: i32): string {
  switch (code) {
    case CLOSED: return "closed";
    case DENIED: return "denied";
    case LIMIT: return "limit reached";
    case REFUSED: return "refused";
    default: return "invalid";
  }
}
