// Makes garbage with every request and keeps a little: the collector has to keep up within the memory limit.
import { Request, Response, serve } from "diatom/http";

const kept = new Array<Uint8Array>();

serve(8080, (request: Request): Response => {
  let total: i64 = 0;
  for (let i = 0; i < 200; i++) {
    const bytes = new Uint8Array(10_000);
    bytes[i] = 1;
    total += bytes[i];
    if (i == 0) kept.push(bytes);
    if (kept.length > 10) kept.shift();
  }
  return Response.text(total.toString());
});
