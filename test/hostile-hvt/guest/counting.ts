// An honest guest with a memory: says how many requests it has answered.

import { serve, Request, Response } from "diatom/http";

let answered = 0;
serve(8080, (request: Request): Response => {
  answered++;
  return Response.text(answered.toString() + "\n");
});
