// An honest guest for a crowd of them: counts primes for each request and says how many, with its own name.

import { variable } from "diatom/environment";
import { serve, Request, Response } from "diatom/http";

function primesBelow(limit: i32): i32 {
  let count = 0;
  for (let candidate = 2; candidate < limit; candidate++) {
    let isPrime = true;
    for (let factor = 2; factor * factor <= candidate && isPrime; factor++) isPrime = candidate % factor != 0;
    if (isPrime) count++;
  }
  return count;
}

const name = variable("NAME", "nobody");
serve(8080, (request: Request): Response => Response.text(name + " " + primesBelow(50_000).toString() + "\n"));
