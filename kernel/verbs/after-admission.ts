/** What is put right in an object that clients or admission got wrong, with a warning instead of an error. */
import { isRecord, type JsonRecord, recordAt, recordsAt, semanticallyEqual, stringAt } from '../kinds/json.ts';
import type { Call } from './context.ts';

function warn({ warnings }: Call, text: string): void {
  if (!warnings.includes(text)) warnings.push(text);
}

/** Owners that are named twice (endpoints/handlers/rest.go, dedupOwnerReferencesAndAddWarning). */
export function dropSameOwners(call: Call, object: JsonRecord, admitted = false): void {
  const metadata = recordAt(object, 'metadata');
  const owners = recordsAt(metadata, 'ownerReferences');
  if (owners.length < 2) return;
  const kept = owners.filter(
    (owner, index) =>
      !owners.slice(0, index).some((other) => other.uid === owner.uid && semanticallyEqual(other, owner)),
  );
  if (kept.length === owners.length) return;
  const twice = owners.filter((owner) => !kept.includes(owner)).map((owner) => stringAt(owner, 'uid'));
  metadata.ownerReferences = kept;
  warn(
    call,
    `.metadata.ownerReferences contains duplicate entries${admitted ? ' after mutating admission happens' : ''}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${twice.join(', ')}`,
  );
}

/** What makes an entry unreadable (managedfields/internal/managedfields.go, DecodeManagedFields). */
function managerProblem(entry: JsonRecord, index: number): string | undefined {
  const { operation, fieldsType, fieldsV1 } = entry;
  if (operation !== 'Apply' && operation !== 'Update') return 'operation must be `Apply` or `Update`';
  if (stringAt(entry, 'apiVersion') === '') return 'apiVersion must not be empty';
  if (fieldsType === undefined || fieldsType === '') return `missing fieldsType in managed fields entry ${index}`;
  if (fieldsType !== 'FieldsV1')
    return `invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${index}`;
  if (fieldsV1 !== undefined && !isRecord(fieldsV1)) return `fieldsV1 of managed fields entry ${index} is no object`;
  return undefined;
}

/**
 * After webhooks and policies. Their managedFields are not taken over anyway; that they broke them is told
 * (endpoints/handlers/fieldmanager/admission.go).
 */
export function tidyAdmitted(call: Call, object: JsonRecord): void {
  dropSameOwners(call, object, true);
  const problems = recordsAt(object, 'metadata', 'managedFields').map(managerProblem);
  const problem = problems.find((each) => each !== undefined);
  if (problem === undefined) return;
  warn(
    call,
    `.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ${problem}`,
  );
}
