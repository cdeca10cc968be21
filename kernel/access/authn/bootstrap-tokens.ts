/**
 * Bootstrap tokens: `ID.SECRET`, each a Secret of kube-system that lets a machine introduce itself (Kubernetes
 * "Authenticating with Bootstrap Tokens"; kubernetes plugin/pkg/auth/authenticator/token/bootstrap).
 */
import { timingSafeEqual } from 'node:crypto';
import { isRecord, recordAt, stringAt } from '../../kinds/json.ts';
import { objectKey } from '../../store/keys.ts';
import type { Store } from '../../store/store.ts';
import type { TokenAnswer } from './service-accounts.ts';

const form = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const extraGroup = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/** Undefined: the text is no bootstrap token at all. */
export function authenticateBootstrapToken(store: Store, token: string, nowMs: number): TokenAnswer | undefined {
  const [, id, secret] = form.exec(token) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  const invalid = { kind: 'invalid', error: 'invalid bearer token' } as const;
  const key = objectKey({ group: '', resource: 'secrets', namespace: 'kube-system', name: `bootstrap-token-${id}` });
  const stored = store.get(key);
  const object: unknown = stored === undefined ? undefined : JSON.parse(stored.value);
  if (!isRecord(object)) return invalid;
  if (stringAt(object, 'metadata', 'deletionTimestamp') !== '') return invalid;
  if (stringAt(object, 'type') !== 'bootstrap.kubernetes.io/token') return invalid;
  const data = (field: string): string => Buffer.from(stringAt(recordAt(object, 'data'), field), 'base64').toString();
  if (!isSame(data('token-secret'), secret) || data('token-id') !== id) return invalid;
  if (data('usage-bootstrap-authentication') !== 'true' || hasExpired(data('expiration'), nowMs)) return invalid;
  const extra = data('auth-extra-groups')
    .split(',')
    .filter((group) => group !== '');
  if (!extra.every((group) => extraGroup.test(group))) return invalid;
  const groups = [...new Set(['system:bootstrappers', ...extra.sort(), 'system:authenticated'])];
  return { kind: 'valid', identity: { name: `system:bootstrap:${id}`, groups }, audiences: [] };
}

/** Without telling by its duration how much of it is right. */
function isSame(stored: string, given: string): boolean {
  const [left, right] = [Buffer.from(stored), Buffer.from(given)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** What is no time has passed long ago. */
function hasExpired(expiration: string, nowMs: number): boolean {
  if (expiration === '') return false;
  const atMs = Date.parse(expiration);
  return Number.isNaN(atMs) || atMs <= nowMs;
}
