// Calls the machine past the library OS, with arguments that cannot be meant. Each result is written to the console.
import { serve, Request, Response } from "diatom/http";

@external("diatom:machine", "sock_listen")
declare function sock_listen(port: i32): i32;
@external("diatom:machine", "sock_accept")
declare function sock_accept(handle: i32): i32;
@external("diatom:machine", "sock_receive")
declare function sock_receive(handle: i32, ptr: u32, len: i32): i32;
@external("diatom:machine", "sock_send")
declare function sock_send(handle: i32, ptr: u32, len: i32): i32;
@external("diatom:machine", "sock_shutdown")
declare function sock_shutdown(handle: i32): i32;
@external("diatom:machine", "sock_close")
declare function sock_close(handle: i32): i32;
@external("diatom:machine", "environ")
declare function environ(ptr: u32, len: i32): i32;
@external("diatom:machine", "console_write")
declare function console_write(ptr: u32, len: i32): void;
@external("diatom:machine", "yield")
declare function yield_until(deadline: i64, ptr: u32, capacity: i32): i32;

const NOBODY = 50_000;

function say(name: string, result: i32): void {
  console.log(name + " " + result.toString());
}

serve(8080, (request: Request): Response => {
  const path = request.path;
  if (path == "/results") {
    say("listen", sock_listen(1));
    say("listen negative", sock_listen(-1));
    say("accept", sock_accept(NOBODY));
    say("receive", sock_receive(NOBODY, 0, 16));
    say("send", sock_send(NOBODY, 0, 16));
    say("shutdown", sock_shutdown(NOBODY));
    say("close", sock_close(NOBODY));
    say("environ", environ(0xfffffff0, 0));
  }
  if (path == "/console") console_write(0xfffff000, 0x2000);
  if (path == "/yield") yield_until(-1, 0xfffffff8, 64);
  return Response.text("done");
});
