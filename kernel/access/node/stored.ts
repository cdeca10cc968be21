/** An object of the core group by its name. */
import type { JsonRecord } from '../../kinds/json.ts';
import { objectKey } from '../../store/keys.ts';
import type { Store } from '../../store/store.ts';

export function stored(
  store: Store,
  resource: string,
  namespace: string,
  name: string,
  group = '',
): JsonRecord | undefined {
  const found = store.get(objectKey({ group, resource, namespace, name }));
  return found === undefined ? undefined : (JSON.parse(found.value) as JsonRecord);
}
