/** What a write is warned of, beside what its decoding finds. */
import { arrayAt, type JsonRecord } from '../kinds/json.ts';
import { qualifiedNameProblems } from '../kinds/names.ts';
import type { Call } from './context.ts';

function warn({ warnings }: Call, text: string): void {
  if (!warnings.includes(text)) warnings.push(text);
}

const standardFinalizers: readonly unknown[] = ['orphan', 'foregroundDeletion', 'kubernetes'];

/** What is accepted and will not do what it seems to say (strategies' WarningsOnCreate and WarningsOnUpdate). */
export function warnOfWrite(call: Call, object: JsonRecord, previous: JsonRecord | undefined): void {
  const { custom, rules } = call.kind;
  if (custom !== undefined) warnOfFinalizers(call, object, previous);
  if (call.route.subresource !== '') return;
  for (const text of rules.warnings?.(object, previous) ?? []) warn(call, text);
}

/** Names of finalizers that come with this write, where the kind does not refuse them (customresource/validator.go). */
function warnOfFinalizers(call: Call, object: JsonRecord, previous: JsonRecord | undefined): void {
  const before = previous === undefined ? [] : arrayAt(previous, 'metadata', 'finalizers');
  for (const name of arrayAt(object, 'metadata', 'finalizers')) {
    if (typeof name !== 'string' || before.includes(name)) continue;
    const tell = (what: string) => warn(call, `metadata.finalizers: ${JSON.stringify(name)}: ${what}`);
    qualifiedNameProblems(name).forEach(tell);
    if (name.includes('/') || standardFinalizers.includes(name)) continue;
    const path = name.includes('.') ? ' including a path (/)' : '';
    tell(`prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`);
  }
}
