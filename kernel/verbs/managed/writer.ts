/** Who writes: what the request says, or the program's name (apiserver pkg/endpoints/handlers/create.go, managerOrUserAgent). */
import { apiVersionOf } from '../../kinds/kind.ts';
import { type FieldError, invalid } from '../../wire/status.ts';
import type { Call, Context } from '../context.ts';
import { timestamp } from '../write.ts';
import type { Writer } from './managed-fields.ts';

const longestName = 128;

export function writerOf(context: Context, call: Call, subresource = call.route.subresource): Writer {
  return {
    name: requestedManager(call) || programName(call.request.headers['user-agent'] ?? '') || 'unknown',
    apiVersion: apiVersionOf(call.kind),
    subresource,
    time: timestamp(context.nowMs()),
  };
}

/** The `fieldManager` of the request, if it is one. */
export function requestedManager(call: Call): string {
  const name = call.query.get('fieldManager') ?? '';
  const problem = problemOf(name);
  if (problem !== undefined) throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [problem]);
  return name;
}

function problemOf(name: string): FieldError | undefined {
  if (name.length > longestName) {
    const message = `Too long: may not be more than ${longestName} bytes`;
    return { reason: 'FieldValueTooLong', field: 'fieldManager', message };
  }
  if (/^\P{C}*$/u.test(name)) return undefined;
  const message = `Invalid value: ${JSON.stringify(name)}: should only contain printable characters`;
  return { reason: 'FieldValueInvalid', field: 'fieldManager', message };
}

/** A user agent up to its first slash. */
function programName(agent: string): string {
  const [name = ''] = agent.split('/', 1);
  return name.replace(/\p{C}/gu, '').slice(0, longestName);
}
