/** Whom a certificate request (PKCS #10, RFC 2986 §4) asks to be: the organizations of its subject, which become groups. */

interface Element {
  readonly tag: number;
  readonly content: Buffer;
  /** Of what follows the element. */
  readonly end: number;
}

const sequence = 0x30;
const set = 0x31;
/** id-at-organizationName, 2.5.4.10 (RFC 5280 Appendix A.1). */
const organizationName = Buffer.from([0x55, 0x04, 0x0a]);

/** Undefined: this is no certificate request. */
export function requestedOrganizations(pem: string): readonly string[] | undefined {
  const [, body] = /-----BEGIN CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]+)-----END/.exec(pem) ?? [];
  if (body === undefined) return undefined;
  try {
    const request = inside(Buffer.from(body, 'base64'), sequence);
    const [, subject] = elements(inside(request, sequence));
    if (subject?.tag !== sequence) return undefined;
    const attributes = elements(subject.content).flatMap(({ tag, content }) => (tag === set ? elements(content) : []));
    return attributes.flatMap(({ content }) => {
      const [type, value] = elements(content);
      return type?.content.equals(organizationName) === true && value !== undefined ? [value.content.toString()] : [];
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The content of the first element, which has to have this tag. */
function inside(bytes: Buffer, tag: number): Buffer {
  const element = read(bytes, 0);
  if (element.tag !== tag) throw new RangeError('another element was expected');
  return element.content;
}

function elements(bytes: Buffer): readonly Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const element = read(bytes, at);
    found.push(element);
    at = element.end;
  }
  return found;
}

/** Identifier, length, content (X.690 §8.1). Throws a RangeError where bytes are missing. */
function read(bytes: Buffer, at: number): Element {
  const tag = bytes.readUInt8(at);
  const first = bytes.readUInt8(at + 1);
  const extra = first < 0x80 ? 0 : first & 0x7f;
  const length = extra === 0 ? first : bytes.readUIntBE(at + 2, extra);
  const begin = at + 2 + extra;
  const end = begin + length;
  if (end > bytes.length) throw new RangeError('the content is cut off');
  return { tag, content: bytes.subarray(begin, end), end };
}
