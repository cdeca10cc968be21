/** Who a cell is when it signs tokens, and how it names its key. */
import { createHash } from 'node:crypto';

export const tokenIssuer = 'https://kubernetes.default.svc.cluster.local';

/** Tokens name their key by this (RFC 7515 §4.1.4). */
export const keyIdOf = (publicKey: string): string => createHash('sha256').update(publicKey).digest('base64url');
