// HTTP handlers that connect to TARGET, send to it and receive from it before they look at their request.
import * as os from "diatom/os";
import { Request, Response, serve } from "diatom/http";
import { variable } from "diatom/environment";

const target = String.UTF8.encode(variable("TARGET"));
const bytes = new Uint8Array(65536).fill(120);
let errand: i32 = -1;
let ready: i32 = 0;

function connect(): i32 {
  const callback = (handle: i32, bits: i32): void => {
    if (handle == errand) ready |= bits;
  };
  return os.stream_connect(changetype<usize>(target), target.byteLength, callback.index);
}

errand = connect();

function handle(request: Request): Response {
  if (request.path == "/ready") return Response.text(ready.toString());
  const another = connect();
  const sent = os.stream_send(errand, bytes.dataStart, bytes.length);
  const received = os.stream_receive(errand, bytes.dataStart, bytes.length);
  if (another >= 0) os.stream_close(another);
  const mark = request.headers.get("mark");
  const text = request.target + " " + (mark ? mark : "none") + " " + request.text();
  return Response.text(text).header("Did", (sent > 0 ? "sent" : "") + (received > 0 ? " received" : ""));
}

serve(8080, handle);
