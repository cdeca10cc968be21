/**
 * X.509 certificates with P-256 keys (RFC 5280). About a hundred lines write the four kinds of certificate a cell needs;
 * a library for it would bring a dozen packages into the start of every kernel.
 */
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';
import {
  bits,
  boolean,
  type Der,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octets,
  sequence,
  set,
  time,
  utf8,
} from './der.ts';

export interface Subject {
  readonly commonName: string;
  readonly organizations?: readonly string[];
}

export interface CertificateRequest {
  readonly subject: Subject;
  readonly usage: 'authority' | 'server' | 'client';
  /** DNS names and IP addresses of a server. */
  readonly alternativeNames?: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** A certificate and its private key, both PEM. */
export interface Credentials {
  readonly certificate: string;
  readonly key: string;
}

const ecdsaWithSha256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
const commonName = objectIdentifier('2.5.4.3');
const organization = objectIdentifier('2.5.4.10');

const extensions = {
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  subjectKeyIdentifier: '2.5.29.14',
  authorityKeyIdentifier: '2.5.29.35',
  subjectAlternativeName: '2.5.29.17',
} as const;

/** Bits counted from the left: digitalSignature 0, keyCertSign 5, cRLSign 6 (RFC 5280 §4.2.1.3). */
const usages = {
  authority: { keyUsage: bits(Uint8Array.of(0b1000_0110), 1), extended: undefined },
  server: { keyUsage: bits(Uint8Array.of(0b1000_0000), 7), extended: '1.3.6.1.5.5.7.3.1' },
  client: { keyUsage: bits(Uint8Array.of(0b1000_0000), 7), extended: '1.3.6.1.5.5.7.3.2' },
} as const;

/** Without an issuer the certificate signs itself. */
export function issue(request: CertificateRequest, issuer?: Credentials): Credentials {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const issuerName = issuer === undefined ? name(request.subject) : subjectOf(issuer.certificate);
  const issuerKey = issuer === undefined ? publicKey : createPublicKey(issuer.certificate);
  const serial = randomBytes(16);
  serial[0] = (serial[0] ?? 0) & 0x7f;
  const toBeSigned = sequence(
    explicit(0, integer(Uint8Array.of(2))),
    integer(serial),
    ecdsaWithSha256,
    issuerName,
    sequence(time(request.notBefore), time(request.notAfter)),
    name(request.subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensionsOf(request, publicKey, issuerKey))),
  );
  const signature = sign('sha256', toBeSigned, issuer?.key ?? key);
  const der = sequence(toBeSigned, ecdsaWithSha256, bits(signature));
  const base64 = Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return { certificate: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`, key };
}

function name({ commonName: common, organizations = [] }: Subject): Der {
  const attribute = (type: Der, value: string): Der => set(sequence(type, utf8(value)));
  return sequence(...organizations.map((value) => attribute(organization, value)), attribute(commonName, common));
}

/** Authorities are ours: their whole name is one common name. */
function subjectOf(certificate: string): Der {
  const { subject } = new X509Certificate(certificate);
  return name({ commonName: subject.replace(/^CN=/, '') });
}

function extensionsOf(request: CertificateRequest, publicKey: KeyObject, issuerKey: KeyObject): readonly Der[] {
  const { keyUsage, extended } = usages[request.usage];
  const extension = (id: string, value: Der, critical = false): Der =>
    sequence(objectIdentifier(id), ...(critical ? [boolean(true)] : []), octets(value));
  const names = request.alternativeNames ?? [];
  return [
    extension(extensions.basicConstraints, request.usage === 'authority' ? sequence(boolean(true)) : sequence(), true),
    extension(extensions.keyUsage, keyUsage, true),
    ...(extended === undefined ? [] : [extension(extensions.extendedKeyUsage, sequence(objectIdentifier(extended)))]),
    extension(extensions.subjectKeyIdentifier, octets(keyIdentifier(publicKey))),
    extension(extensions.authorityKeyIdentifier, sequence(implicit(0, keyIdentifier(issuerKey)))),
    ...(names.length === 0 ? [] : [extension(extensions.subjectAlternativeName, sequence(...names.map(generalName)))]),
  ];
}

const keyIdentifier = (key: KeyObject): Uint8Array =>
  createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();

/** RFC 5280 §4.2.1.6: dNSName is [2], iPAddress [7] with the bare bytes. */
function generalName(text: string): Der {
  if (isIP(text) === 0) return implicit(2, Buffer.from(text));
  return implicit(7, isIP(text) === 4 ? Uint8Array.from(text.split('.').map(Number)) : ipv6Bytes(text));
}

function ipv6Bytes(text: string): Uint8Array {
  const [head = '', tail] = text.split('::');
  const words = (part: string | undefined) => (part === undefined || part === '' ? [] : part.split(':'));
  const [left, right] = [words(head), words(tail)];
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return Uint8Array.from(
    [...left, ...zeros, ...right].flatMap((word) => {
      const value = Number.parseInt(word, 16);
      return [value >> 8, value & 0xff];
    }),
  );
}
