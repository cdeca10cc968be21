// The glue with the functions that requests to other hosts stand on. What `index.ts` gives is as there; the rest is added.

import { defineCalls } from "./calls";
import { prepare as prepareEngine } from "./index";

export {
  abort_engine, allocate, assert_fail, clock_time_get, date_now, engine_context, environ_get, environ_sizes_get, evaluate, failure_text, fd_close, fd_seek,
  fd_write, finish, free_host_reference, keepalive_clear, load_module, localtime, normalize_module, process_exit, promise_rejected,
  resize_heap, set_timer, should_interrupt, start_application, tzset,
} from "./index";
export { call_function } from "./calls";

/** Build time. */
export function prepare(stackTop: usize, stackBytes: i32, heapBytes: i32): void {
  prepareEngine(stackTop, stackBytes, heapBytes);
  defineCalls();
}
