/** Gives `Request` and `Response.redirect` the URL parser. */

import { link } from '../parts.ts';
import { parseUrl } from '../url/parser.ts';
import { hasCredentials, serialize, type UrlRecord } from '../url/record.ts';

function parsed(url: string): UrlRecord {
  const record = parseUrl(url);
  if (record === null) {
    throw Object.assign(new TypeError(`Invalid URL: ${url}`), { code: 'ERR_INVALID_URL', input: url });
  }
  return record;
}

link('urls', {
  parse: (url) => {
    const record = parsed(url);
    return { href: serialize(record), hasCredentials: hasCredentials(record) };
  },
});
