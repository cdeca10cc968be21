// Limits small enough for a test to reach.
import { Request, Response, serve, ServeOptions } from "diatom/http";

const options = new ServeOptions();
options.bodyLimitBytes = 1024;
options.connectionLimit = 4;
options.headTimeoutMs = 300;
options.bodyTimeoutMs = 300;
options.idleTimeoutMs = 600;
serve(8080, (request: Request): Response => Response.bytes(request.bytes()), options);
