// Everything an application may reach. What it does not reach is not in its image.

export { run } from "./loop";
export { console_write } from "./console";
export { clock_monotonic, clock_wall } from "./clock";
export { entropy_fill, entropy_word, environment_read, environment_size, exit } from "./system";
export { timer_arm } from "./timer";
export { stream_accept, stream_close, stream_connect, stream_listen, stream_receive, stream_send, stream_shutdown } from "./streams";
export { frames_open, frames_receive, frames_send } from "./frames";
export { block_info, block_read, block_write } from "./block";
export { http_listen, http_stream_bodies } from "./http/server";
export { http_take } from "./http/incoming";
export {
  http_body_length, http_body_read, http_field_count, http_field_find, http_field_name_length, http_field_name_read,
  http_field_value_length, http_field_value_read, http_method, http_target_length, http_target_read,
} from "./http/request";
export { http_defer, http_finish, http_pause, http_piece, http_respond, http_respond_stream } from "./http/response";
export { http_body_to_come, http_receive } from "./http/request-body";
export { http_abort, http_complete, http_resume } from "./http/work";
export {
  client_cancel, client_finish, client_is_whole, client_piece, client_reason_length, client_reason_read, client_receive, client_send,
  client_status,
} from "./http/client";
