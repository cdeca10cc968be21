// Recursion without an end, started by a request so that the build's recording run does not meet it.
import { Request, Response, serve } from "diatom/http";

function deeper(n: i32): i32 {
  return n == -1 ? 0 : deeper(n + 1) + n;
}

serve(8080, (request: Request): Response => Response.text(deeper(0).toString()));
