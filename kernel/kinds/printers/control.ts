/** Columns of what governs a cluster: signing requests, flow control, the addresses of services. */
import { arrayAt, type JsonRecord, numberAt, recordAt, recordsAt, stringAt } from '../json.ts';
import type { Column } from '../kind.ts';
import { formatSelector } from '../selector-text.ts';
import { ageLast, at, integer, joined, none, text, value } from './column.ts';
import { humanDuration } from './duration.ts';

function signingState(request: JsonRecord): string {
  const types = recordsAt(request, 'status', 'conditions').map((condition) => stringAt(condition, 'type'));
  // A denial outweighs an approval.
  const decision = ['Denied', 'Approved'].find((type) => types.includes(type)) ?? 'Pending';
  const failed = types.includes('Failed') ? ',Failed' : '';
  const issued = stringAt(request, 'status', 'certificate') === '' ? '' : ',Issued';
  return `${decision}${failed}${issued}`;
}

function requestedDuration(request: JsonRecord): string {
  const seconds = numberAt(request, 'spec', 'expirationSeconds');
  return seconds === undefined ? none : humanDuration(seconds * 1000);
}

function danglingText(schema: JsonRecord): string {
  const condition = recordsAt(schema, 'status', 'conditions').find(({ type }) => type === 'Dangling');
  return condition === undefined ? '?' : stringAt(condition, 'status');
}

const queuing = (key: string) => value(none, 'spec', 'limited', 'limitResponse', 'queuing', key);

function parentText(address: JsonRecord): string {
  const parent = recordAt(address, 'spec', 'parentRef');
  const [group, namespace] = [stringAt(parent, 'group'), stringAt(parent, 'namespace')];
  const resource = `${stringAt(parent, 'resource')}${group === '' ? '' : `.${group}`}`;
  return [resource, namespace, stringAt(parent, 'name')].filter((part) => part !== '').join('/');
}

const webhookColumns: readonly Column[] = [
  integer('Webhooks', (configuration) => recordsAt(configuration, 'webhooks').length),
  ageLast,
];

function paramKindText(policy: JsonRecord): string {
  const { apiVersion, kind } = recordAt(policy, 'spec', 'paramKind');
  return kind === undefined ? '<unset>' : `${String(apiVersion)}/${String(kind)}`;
}

/** `*` stands for the namespace of whatever is judged. */
function paramText(binding: JsonRecord): string {
  const { paramRef } = recordAt(binding, 'spec');
  if (paramRef === undefined) return '<unset>';
  const [namespace, name] = [stringAt(paramRef, 'namespace'), stringAt(paramRef, 'name')];
  return name === '' ? formatSelector(recordAt(paramRef, 'selector')) : `${namespace || '*'}/${name}`;
}

const bindingColumns: readonly Column[] = [
  text('PolicyName', at('spec', 'policyName')),
  text('ParamRef', paramText),
  ageLast,
];

export const controlColumns: Readonly<Record<string, readonly Column[]>> = {
  'admissionregistration.v1.MutatingAdmissionPolicy': [
    integer('Mutations', (policy) => recordsAt(policy, 'spec', 'mutations').length),
    text('ParamKind', paramKindText),
    ageLast,
  ],
  'admissionregistration.v1.MutatingAdmissionPolicyBinding': bindingColumns,
  'admissionregistration.v1.ValidatingAdmissionPolicy': [
    integer('Validations', (policy) => recordsAt(policy, 'spec', 'validations').length),
    text('ParamKind', paramKindText),
    ageLast,
  ],
  'admissionregistration.v1.ValidatingAdmissionPolicyBinding': bindingColumns,
  'admissionregistration.v1.MutatingWebhookConfiguration': webhookColumns,
  'admissionregistration.v1.ValidatingWebhookConfiguration': webhookColumns,
  'certificates.v1.CertificateSigningRequest': [
    ageLast,
    text('SignerName', at('spec', 'signerName')),
    text('Requestor', at('spec', 'username')),
    text('RequestedDuration', requestedDuration),
    text('Condition', signingState),
  ],
  'flowcontrol.v1.FlowSchema': [
    text('PriorityLevel', at('spec', 'priorityLevelConfiguration', 'name')),
    integer('MatchingPrecedence', (schema) => numberAt(schema, 'spec', 'matchingPrecedence') ?? 0),
    text('DistinguisherMethod', at('spec', 'distinguisherMethod', 'type')),
    ageLast,
    text('MissingPL', danglingText),
  ],
  'flowcontrol.v1.PriorityLevelConfiguration': [
    text('Type', at('spec', 'type')),
    text('NominalConcurrencyShares', (level) => {
      const { limited, exempt } = recordAt(level, 'spec');
      return String(numberAt(limited ?? exempt, 'nominalConcurrencyShares') ?? none);
    }),
    text('Queues', queuing('queues')),
    text('HandSize', queuing('handSize')),
    text('QueueLengthLimit', queuing('queueLengthLimit')),
    ageLast,
  ],
  'networking.v1.IPAddress': [text('ParentRef', parentText), ageLast],
  'networking.v1.ServiceCIDR': [text('CIDRs', (block) => joined(arrayAt(block, 'spec', 'cidrs').map(String))), ageLast],
};
