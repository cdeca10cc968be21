/**
 * The keys and certificates of a cell, in `<data directory>/pki`: made once, reused, renewed before they expire. Every
 * file is readable by its owner alone.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CertificateRequest, type Credentials, issue } from './certificate.ts';

const dayMs = 24 * 60 * 60_000;
const authorityDays = 3650;
const leafDays = 365;
/** A certificate with less left than this is made anew at the next start. */
const renewalDays = 60;

/** What the kernel answers to inside a cluster, besides the addresses it listens on. */
const serverNames: readonly string[] = [
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  '127.0.0.1',
  '::1',
];

export interface KeyFiles {
  readonly directory: string;
  readonly authority: Credentials;
  readonly server: Credentials;
  readonly admin: Credentials;
  /** With this the kernel shows itself to agents. */
  readonly kubeletClient: Credentials;
  /** What an agent's own endpoint shows. */
  readonly agent: Credentials;
  /** Signs `frontProxyClient`, and nothing else: who shows a certificate of it is believed about who others are. */
  readonly frontProxyAuthority: Credentials;
  /** With this the kernel shows itself to aggregated API servers. */
  readonly frontProxyClient: Credentials;
  /** Signs the tokens of service accounts. */
  readonly tokenKey: { readonly privateKey: string; readonly publicKey: string };
}

interface LeafRow {
  readonly file: string;
  readonly request: Pick<CertificateRequest, 'subject' | 'usage' | 'alternativeNames'>;
}

type Leaf = 'server' | 'admin' | 'kubeletClient' | 'agent' | 'frontProxyClient';

function leaves(names: readonly string[]): Readonly<Record<Leaf, LeafRow>> {
  const masters = ['system:masters'];
  const agentNames = ['localhost', '127.0.0.1', '::1'];
  return {
    server: {
      file: 'server',
      request: { subject: { commonName: 'kube-apiserver' }, usage: 'server', alternativeNames: names },
    },
    admin: {
      file: 'admin',
      request: { subject: { commonName: 'kubernetes-admin', organizations: masters }, usage: 'client' },
    },
    kubeletClient: {
      file: 'kubelet-client',
      request: { subject: { commonName: 'kube-apiserver-kubelet-client', organizations: masters }, usage: 'client' },
    },
    agent: {
      file: 'agent',
      request: {
        subject: { commonName: 'system:node', organizations: ['system:nodes'] },
        usage: 'server',
        alternativeNames: agentNames,
      },
    },
    frontProxyClient: {
      file: 'front-proxy-client',
      request: { subject: { commonName: 'front-proxy-client' }, usage: 'client' },
    },
  };
}

export function loadKeyFiles(dataDirectory: string, extraNames: readonly string[], nowMs: number): KeyFiles {
  const directory = join(dataDirectory, 'pki');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const authorityOf = (file: string, name: string): Credentials =>
    readCredentials(directory, file, nowMs) ??
    writeCredentials(
      directory,
      file,
      issue({
        subject: { commonName: `${name}-${randomUUID().slice(0, 8)}` },
        usage: 'authority',
        ...validity(authorityDays, nowMs),
      }),
    );
  const authority = authorityOf('ca', 'diatom-ca');
  const frontProxyAuthority = authorityOf('front-proxy-ca', 'diatom-front-proxy-ca');
  const rows = leaves([...new Set([...serverNames, ...extraNames])]);
  const leaf = ({ file, request }: LeafRow, signer = authority): Credentials => {
    const known = readCredentials(directory, file, nowMs);
    if (known !== undefined && fits(known, signer, request.alternativeNames ?? [])) return known;
    return writeCredentials(directory, file, issue({ ...request, ...validity(leafDays, nowMs) }, signer));
  };
  return {
    directory,
    authority,
    server: leaf(rows.server),
    admin: leaf(rows.admin),
    kubeletClient: leaf(rows.kubeletClient),
    agent: leaf(rows.agent),
    frontProxyAuthority,
    frontProxyClient: leaf(rows.frontProxyClient, frontProxyAuthority),
    tokenKey: loadTokenKey(directory),
  };
}

export const certificatePath = (directory: string, file: string): string => join(directory, `${file}.crt`);
export const keyPath = (directory: string, file: string): string => join(directory, `${file}.key`);

/** An hour back, for clocks that disagree. */
const validity = (days: number, nowMs: number) => ({
  notBefore: new Date(nowMs - 60 * 60_000),
  notAfter: new Date(nowMs + days * dayMs),
});

function readCredentials(directory: string, file: string, nowMs: number): Credentials | undefined {
  const paths = [certificatePath(directory, file), keyPath(directory, file)] as const;
  if (!paths.every((path) => existsSync(path))) return undefined;
  const [certificate, key] = [readFileSync(paths[0], 'utf8'), readFileSync(paths[1], 'utf8')];
  const parsed = new X509Certificate(certificate);
  // A crash between the two files leaves a new key beside an old certificate.
  if (!parsed.checkPrivateKey(createPrivateKey(key))) return undefined;
  return parsed.validToDate.getTime() - nowMs > renewalDays * dayMs ? { certificate, key } : undefined;
}

function fits({ certificate }: Credentials, authority: Credentials, names: readonly string[]): boolean {
  const parsed = new X509Certificate(certificate);
  const hasName = (name: string): boolean => (parsed.checkHost(name) ?? parsed.checkIP(name)) !== undefined;
  return parsed.checkIssued(new X509Certificate(authority.certificate)) && names.every(hasName);
}

function writeCredentials(directory: string, file: string, credentials: Credentials): Credentials {
  writePrivately(keyPath(directory, file), credentials.key);
  writePrivately(certificatePath(directory, file), credentials.certificate);
  return credentials;
}

function loadTokenKey(directory: string): KeyFiles['tokenKey'] {
  const path = join(directory, 'service-accounts.key');
  if (!existsSync(path)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writePrivately(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  }
  const privateKey = readFileSync(path, 'utf8');
  return { privateKey, publicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString() };
}

/** Renamed into place: a reader never sees half a file. */
export function writePrivately(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
