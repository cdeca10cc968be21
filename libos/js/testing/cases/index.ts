/**
 * The cases of every API: one line each. What Node gives for it is what ours must give, under Node and inside the
 * engine. A pair holds the answer of the standard instead, where Node is known to differ.
 */

import { base64Cases } from './base64.ts';
import { bodyCases } from './body.ts';
import { cloneCases } from './clone.ts';
import { compressionCases } from './compression.ts';
import { cryptoCases } from './crypto.ts';
import { cryptoKeyCases } from './crypto-keys.ts';
import { cryptoVectorCases } from './crypto-vectors.ts';
import { encodingCases } from './encoding.ts';
import { eventCases } from './events.ts';
import { fileCases } from './file.ts';
import { globalCases } from './globals.ts';
import { headersCases } from './headers.ts';
import { messagingCases } from './messaging.ts';
import { patternCases } from './pattern.ts';
import { requestCases } from './request.ts';
import { responseCases } from './response.ts';
import { searchParamsCases } from './search-params.ts';
import { streamClassCases } from './stream-classes.ts';
import { streamCases } from './streams.ts';
import { timerCases } from './timers.ts';
import { urlCases } from './url.ts';

export type Case = string | readonly [code: string, standard: string];

export const cases: Readonly<Record<string, readonly Case[]>> = {
  base64: base64Cases,
  body: bodyCases,
  clone: cloneCases,
  compression: compressionCases,
  crypto: cryptoCases,
  cryptoKeys: cryptoKeyCases,
  cryptoVectors: cryptoVectorCases,
  encoding: encodingCases,
  events: eventCases,
  file: fileCases,
  globals: globalCases,
  headers: headersCases,
  messaging: messagingCases,
  pattern: patternCases,
  request: requestCases,
  response: responseCases,
  searchParams: searchParamsCases,
  streamClasses: streamClassCases,
  streams: streamCases,
  timers: timerCases,
  url: urlCases,
};
