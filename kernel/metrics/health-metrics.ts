/** /metrics/slis: how the checks behind the health paths are at this moment (Kubernetes "Kubernetes Component SLI Metrics"). */
import type { Family } from './exposition.ts';

const endpoints = ['healthz', 'livez', 'readyz'] as const;

export async function healthFamilies(
  checks: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<readonly Family[]> {
  const all = Object.entries({ ping: async () => {}, ...checks });
  const results = await Promise.allSettled(all.map(([, check]) => check()));
  const samples = all.flatMap(([name], index) =>
    endpoints.map((type) => ({ labels: { name, type }, value: results[index]?.status === 'fulfilled' ? 1 : 0 })),
  );
  const help = 'The result of one check: 1 is well, 0 is not.';
  return [{ name: 'kubernetes_healthcheck', help, type: 'gauge', samples }];
}
