// Every feature of diatom/http behind a path; the subject of test/conformance/http.ts.
import { BodySource, Request, Response, serve } from "diatom/http";
import { exit } from "diatom/process";

class Counter extends BodySource {
  private at: i32 = 0;
  constructor(private count: i32, private pieceBytes: i32) {
    super();
  }
  next(): ArrayBuffer | null {
    if (this.at == this.count) return null;
    const piece = new Uint8Array(this.pieceBytes);
    piece.fill(<u8>(97 + (this.at % 26)));
    this.at++;
    return piece.buffer;
  }
  canceled(): void {
    console.log("canceled");
  }
}

function number(request: Request, name: string, otherwise: i32): i32 {
  const text = request.parameter(name);
  return text === null ? otherwise : I32.parseInt(text);
}

function describe(request: Request): string {
  const names = request.headers.names();
  let text = request.method + " " + request.path + " ?" + request.query + "\n";
  for (let i = 0; i < names.length; i++) {
    const value = request.headers.get(names[i]);
    text += names[i] + ": " + (value === null ? "" : value) + "\n";
  }
  return text;
}

function handle(request: Request): Response {
  const path = request.path;
  if (path == "/hello") return Response.text("hello\n");
  if (path == "/describe") return Response.text(describe(request));
  if (path == "/echo") return Response.bytes(request.bytes());
  if (path == "/length") return Response.text(request.text().length.toString());
  if (path == "/parameter") {
    const value = request.parameter("name");
    return Response.text(value === null ? "none" : "<" + value + ">");
  }
  if (path == "/json") return Response.json("{\"ok\":true}");
  if (path == "/type") return Response.text("<p>").type("text/html");
  if (path == "/status") return Response.text("status\n", number(request, "code", 200));
  if (path == "/empty") return Response.empty();
  if (path == "/redirect") return Response.redirect("/hello");
  if (path == "/header") {
    const value = request.parameter("value");
    return Response.text("ok\n").header("X-Value", value === null ? "" : value);
  }
  if (path == "/close") return Response.text("bye\n").header("Connection", "close");
  if (path == "/big") {
    const bytes = new Uint8Array(number(request, "bytes", 0));
    for (let i = 0; i < bytes.length; i++) bytes[i] = <u8>(97 + (i % 26));
    return Response.bytes(bytes.buffer);
  }
  if (path == "/stream") return Response.stream(new Counter(number(request, "pieces", 3), number(request, "bytes", 5)));
  if (path == "/trap") unreachable();
  if (path == "/throw") throw new Error("thrown on purpose");
  if (path == "/exit") exit(number(request, "code", 0));
  return Response.text("not found\n", 404);
}

serve(8080, handle);
console.log("ready");
