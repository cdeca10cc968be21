// What the engine's glue asks of the library OS (guest/os/index.ts).

@external("diatom:os", "console_write")
export declare function console_write(ptr: usize, len: i32): void;
@external("diatom:os", "clock_wall")
export declare function clock_wall(): i64;
@external("diatom:os", "clock_monotonic")
export declare function clock_monotonic(): i64;
@external("diatom:os", "entropy_word")
export declare function entropy_word(): i64;
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
@external("diatom:os", "http_defer")
export declare function http_defer(gone: i32): i32;
@external("diatom:os", "http_resume")
export declare function http_resume(handle: i32): i32;
@external("diatom:os", "http_complete")
export declare function http_complete(handle: i32, again: i32): i32;
@external("diatom:os", "http_abort")
export declare function http_abort(handle: i32): void;
@external("diatom:os", "http_pause")
export declare function http_pause(): void;
@external("diatom:os", "http_respond_stream")
export declare function http_respond_stream(status: i32, contentType: i32, fields: usize, fieldsLength: i32, pull: i32): i32;
@external("diatom:os", "http_piece")
export declare function http_piece(ptr: usize, length: i32): void;
@external("diatom:os", "http_finish")
export declare function http_finish(): void;

@external("diatom:os", "http_stream_bodies")
export declare function http_stream_bodies(limit: i64, callback: i32): void;
@external("diatom:os", "http_body_to_come")
export declare function http_body_to_come(): i64;
@external("diatom:os", "http_receive")
export declare function http_receive(handle: i32): i32;
@external("diatom:os", "http_take")
export declare function http_take(ptr: usize): void;

@external("diatom:os", "client_send")
export declare function client_send(
  address: usize, addressLength: i32, head: usize, headLength: i32, flags: i32, callback: i32, tag: i32,
): i32;
@external("diatom:os", "client_piece")
export declare function client_piece(handle: i32, ptr: usize, length: i32): i32;
@external("diatom:os", "client_finish")
export declare function client_finish(handle: i32): void;
@external("diatom:os", "client_cancel")
export declare function client_cancel(handle: i32): void;
@external("diatom:os", "client_status")
export declare function client_status(): i32;
@external("diatom:os", "client_reason_length")
export declare function client_reason_length(): i32;
@external("diatom:os", "client_reason_read")
export declare function client_reason_read(ptr: usize): void;
@external("diatom:os", "client_is_whole")
export declare function client_is_whole(handle: i32): bool;
@external("diatom:os", "client_receive")
export declare function client_receive(handle: i32): i32;

/** Results of the calls that receive: `machineErrors` of libos/abi.ts. */
export const AGAIN = -1;
export const CLOSED = -2;
export const LIMIT = -5;
