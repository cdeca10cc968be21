/**
 * Encoding standard §4.2 Names and labels, for the encodings that are here: UTF-8, UTF-16 and windows-1252 (which
 * `latin1`, `ascii` and `iso-8859-1` mean on the web). The other legacy encodings are left out: they would cost every
 * image that decodes text 7 KB (single byte) to 500 KB (Chinese, Japanese, Korean) of tables.
 */

export type EncodingName = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

const labels: Readonly<Record<EncodingName, string>> = {
  'utf-8': 'unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8',
  'utf-16le': 'csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le',
  'utf-16be': 'unicodefffe utf-16be',
  'windows-1252':
    'ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252',
};

/** §4.2 get an encoding. */
export function encodingOf(label: string): EncodingName | null {
  const wanted = label.replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, '').toLowerCase();
  if (wanted === '' || wanted.includes(' ')) return null;
  for (const name of Object.keys(labels) as EncodingName[]) {
    if (labels[name].split(' ').includes(wanted)) return name;
  }
  return null;
}
