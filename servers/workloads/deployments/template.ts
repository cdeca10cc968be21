import type { PodTemplateSpec } from '@diatom/sdk';

export const podTemplateHashLabel = 'pod-template-hash';
/** rand.SafeEncodeString upstream: no vowels, so no words. */
const safeLetters = 'bcdfghjklmnpqrstvwxz2456789';

/**
 * The hash in names and labels of ReplicaSets: FNV-1a (32 bit) over the template's canonical JSON and the collision
 * count. Kubernetes hashes Go's memory dump of the structure, which nobody else can reproduce; nothing may rely on the
 * value, and `isSameTemplate` is what finds the ReplicaSet of a template.
 */
export function templateHash(template: PodTemplateSpec, collisionCount: number): string {
  const text = `${canonical(template)}${collisionCount === 0 ? '' : `\n${collisionCount}`}`;
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return [...String(hash)].map((digit) => safeLetters[digit.charCodeAt(0) % safeLetters.length] ?? '').join('');
}

/** Equal but for the hash label (EqualIgnoreHash upstream). */
export function isSameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return canonical(withoutHash(a)) === canonical(withoutHash(b));
}

export function withHash(template: PodTemplateSpec, hash: string): PodTemplateSpec {
  return {
    ...template,
    metadata: { ...template.metadata, labels: { ...template.metadata?.labels, [podTemplateHashLabel]: hash } },
  };
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { [podTemplateHashLabel]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

/** Sorted keys; null and empty lists and maps of the metadata count as absent, as Go's semantic equality has it. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => {
    if (inner === null || (Array.isArray(inner) && inner.length === 0)) return undefined;
    if (typeof inner !== 'object' || Array.isArray(inner)) return inner;
    const entries = Object.entries(inner);
    if (entries.length === 0 && (key === 'labels' || key === 'annotations' || key === 'metadata')) return undefined;
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
