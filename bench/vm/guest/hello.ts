// The image of the benchmark: examples/hello with one line on the console, so that both can be waited for.

import { serve, Request, Response } from "diatom/http";

console.log("hello from diatom");
serve(8080, (request: Request): Response => Response.text("hello\n"));
