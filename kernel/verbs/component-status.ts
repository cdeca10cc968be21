/** ComponentStatus: how the parts of the control plane are, asked when somebody asks (kubernetes pkg/registry/core/componentstatus). */
import type { JsonRecord } from '../kinds/json.ts';
import type { ComputedObject } from './computed-store.ts';

/** By name; a rejection says that the part is not well. */
export type ComponentSource = Readonly<Record<string, () => Promise<unknown>>>;

export async function componentStatuses(source: ComponentSource = {}): Promise<readonly ComputedObject[]> {
  const names = Object.keys(source).sort();
  return Promise.all(
    names.map(async (name) => ({ key: `core/componentstatuses/${name}`, object: await statusOf(name, source[name]) })),
  );
}

async function statusOf(name: string, check: (() => Promise<unknown>) | undefined): Promise<JsonRecord> {
  const condition = await check?.().then(
    () => ({ type: 'Healthy', status: 'True', message: 'ok' }),
    (error: unknown) => ({
      type: 'Healthy',
      status: 'False',
      error: error instanceof Error ? error.message : String(error),
    }),
  );
  return { apiVersion: 'v1', kind: 'ComponentStatus', metadata: { name }, conditions: [{ ...condition }] };
}
