import { serve, Request, Response } from "diatom/http";

serve(8080, (request: Request): Response => Response.text("hello\n"));
