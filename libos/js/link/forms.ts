/** Gives bodies their `formData()` (Fetch §5.3). */

import { blobOf } from '../file/blob.ts';
import { File } from '../file/file.ts';
import { FormData } from '../file/form-data.ts';
import { parseMultipart } from '../file/multipart.ts';
import { host } from '../host.ts';
import { link } from '../parts.ts';
import { parseForm } from '../url/search-params.ts';

const boundaryPattern = /;[ \t]*boundary=(?:"([^"]*)"|([^;\s"]+))/i;

function parse(bytes: Uint8Array<ArrayBuffer>, contentType: string): FormData {
  const essence = (contentType.split(';')[0] ?? '').trim().toLowerCase();
  const form = new FormData();
  if (essence === 'application/x-www-form-urlencoded') {
    for (const [name, value] of parseForm(host.decodeUtf8(bytes))) form.append(name, value);
    return form;
  }
  if (essence !== 'multipart/form-data') {
    throw new TypeError(
      `formData: the Content-Type is "${essence}", not multipart/form-data or application/x-www-form-urlencoded`,
    );
  }
  const boundary = boundaryPattern.exec(contentType);
  if (boundary === null) throw new TypeError('formData: the Content-Type names no boundary');
  const parts = parseMultipart(bytes, boundary[1] ?? boundary[2] ?? '');
  if (parts === null) throw new TypeError('formData: the body is not well-formed multipart/form-data');
  for (const part of parts) {
    if ('value' in part) form.append(part.name, part.value);
    else form.append(part.name, new File([blobOf(part.bytes, '')], part.filename, { type: part.type }));
  }
  return form;
}

link('forms', { parse });
