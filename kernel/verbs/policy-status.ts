/**
 * The status of policies: which of their expressions do not fit the kinds they are about (kubernetes
 * pkg/controller/validatingadmissionpolicystatus).
 */
import { admissionGroup } from '../admission/configurations.ts';
import { type JsonRecord, numberAt, recordAt, stringAt } from '../kinds/json.ts';
import { resourcePrefix } from '../store/keys.ts';
import type { Context } from './context.ts';
import { parseStored, serialise } from './stored.ts';

const policies = resourcePrefix(admissionGroup, 'validatingadmissionpolicies');

const isChecked = (policy: JsonRecord): boolean =>
  numberAt(policy, 'status', 'observedGeneration') === numberAt(policy, 'metadata', 'generation');

/** Runs until the store closes. */
export function checkPolicies(context: Context): void {
  let isOpen = true;
  const consider = (text: string): void => {
    const policy = parseStored(text);
    if (isChecked(policy)) return;
    check(context, policy).catch((error: unknown) => {
      if (isOpen) context.log(`checking the policy ${stringAt(policy, 'metadata', 'name')}: ${String(error)}`);
    });
  };
  for (const { value } of context.store.list(policies).items) consider(value);
  context.store.watch({
    prefix: policies,
    after: context.store.revision,
    onEvents: (events) => {
      for (const { kind, value } of events) if (kind === 'put') consider(value);
    },
    onEnd: () => {
      isOpen = false;
    },
  });
}

async function check(context: Context, policy: JsonRecord): Promise<void> {
  const kind = context.kinds.find(admissionGroup, 'v1', 'validatingadmissionpolicies');
  if (kind === undefined) return;
  const { expressionWarnings } = await import('../admission/type-checking.ts');
  const warnings = expressionWarnings(recordAt(policy, 'spec'), context.kinds.all());
  const generation = numberAt(policy, 'metadata', 'generation') ?? 0;
  await context.store.write(policies + stringAt(policy, 'metadata', 'name'), (current) => {
    if (current === undefined) return { kind: 'keep' };
    const present = parseStored(current.value);
    // A newer version has its own check on the way.
    if (numberAt(present, 'metadata', 'generation') !== generation || isChecked(present)) return { kind: 'keep' };
    present.status = {
      ...recordAt(present, 'status'),
      observedGeneration: generation,
      typeChecking: warnings.length === 0 ? {} : { expressionWarnings: warnings },
    };
    return { kind: 'put', value: (revision) => serialise(kind, present, revision) };
  });
}
