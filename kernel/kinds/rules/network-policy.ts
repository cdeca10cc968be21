/** NetworkPolicies (pkg/apis/networking/validation/validation.go). */
import type { FieldError } from '../../wire/status.ts';
import { forbiddenField, invalidValue, notSupported, required } from '../field-errors.ts';
import {
  arrayAt,
  ensureRecord,
  isRecord,
  type JsonRecord,
  numberAt,
  recordAt,
  recordsAt,
  setDefault,
  stringAt,
} from '../json.ts';
import type { KindRules } from '../kind.ts';
import { containsBlock, isAddressBlock } from './address-block.ts';
import { isPort, portNameProblems, portRange } from './pod-validation.ts';
import { validateSelector } from './selector-validation.ts';

const protocols = ['SCTP', 'TCP', 'UDP'];
const policyTypes = ['Egress', 'Ingress'];
const notABlock = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

function portErrors(port: JsonRecord, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const protocol = stringAt(port, 'protocol');
  if (!protocols.includes(protocol)) errors.push(notSupported(`${at}.protocol`, protocol, protocols));
  const value = port.port;
  if (typeof value === 'string')
    errors.push(...portNameProblems(value).map((problem) => invalidValue(`${at}.port`, value, problem)));
  else if (value !== undefined && !isPort(value)) errors.push(invalidValue(`${at}.port`, value, portRange));
  const end = numberAt(port, 'endPort');
  if (end === undefined) return errors;
  if (value === undefined) errors.push(required(`${at}.port`, 'must be specified when `endPort` is specified'));
  else if (typeof value === 'string')
    errors.push(invalidValue(`${at}.endPort`, end, 'may not be specified when `port` is non-numeric'));
  else if (typeof value === 'number' && end < value)
    errors.push(invalidValue(`${at}.endPort`, end, 'must be greater than or equal to `port`'));
  if (!isPort(end)) errors.push(invalidValue(`${at}.endPort`, end, portRange));
  return errors;
}

function peerErrors(peer: JsonRecord, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const selectors = ['podSelector', 'namespaceSelector'].filter((key) => isRecord(peer[key]));
  for (const key of selectors) errors.push(...validateSelector(recordAt(peer, key), `${at}.${key}`));
  if (isRecord(peer.ipBlock)) errors.push(...blockErrors(peer.ipBlock, `${at}.ipBlock`));
  if (!isRecord(peer.ipBlock) && selectors.length === 0) errors.push(required(at, 'must specify a peer'));
  else if (isRecord(peer.ipBlock) && selectors.length > 0)
    errors.push(forbiddenField(at, 'may not specify both ipBlock and another peer'));
  return errors;
}

function blockErrors(block: JsonRecord, at: string): FieldError[] {
  const text = stringAt(block, 'cidr');
  if (text === '') return [required(`${at}.cidr`)];
  if (!isAddressBlock(text)) return [invalidValue(`${at}.cidr`, text, notABlock)];
  return arrayAt(block, 'except').flatMap((value, index) => {
    const except = String(value);
    const where = `${at}.except[${index}]`;
    if (!isAddressBlock(except)) return [invalidValue(where, except, notABlock)];
    const isInside = containsBlock(text, except) && text !== except;
    return isInside ? [] : [invalidValue(where, except, `must be a strict subset of \`cidr\``)];
  });
}

const ruleErrors = (rule: JsonRecord, at: string, peers: 'from' | 'to'): FieldError[] => [
  ...recordsAt(rule, 'ports').flatMap((port, index) => portErrors(port, `${at}.ports[${index}]`)),
  ...recordsAt(rule, peers).flatMap((peer, index) => peerErrors(peer, `${at}.${peers}[${index}]`)),
];

export const networkPolicyRules: KindRules = {
  generation: true,
  defaults: (object) => {
    const spec = ensureRecord(object, 'spec');
    ensureRecord(spec, 'podSelector');
    // Whoever wants nothing to leave says so in policyTypes: an empty list of rules is no sign of it.
    if (arrayAt(spec, 'policyTypes').length === 0)
      spec.policyTypes = arrayAt(spec, 'egress').length === 0 ? ['Ingress'] : ['Ingress', 'Egress'];
    for (const rule of [...recordsAt(spec, 'ingress'), ...recordsAt(spec, 'egress')]) {
      for (const port of recordsAt(rule, 'ports')) setDefault(port, 'protocol', 'TCP');
    }
  },
  validate: (object) => {
    const spec = recordAt(object, 'spec');
    const types = arrayAt(spec, 'policyTypes').map(String);
    const errors = validateSelector(recordAt(spec, 'podSelector'), 'spec.podSelector');
    for (const [index, rule] of recordsAt(spec, 'ingress').entries())
      errors.push(...ruleErrors(rule, `spec.ingress[${index}]`, 'from'));
    for (const [index, rule] of recordsAt(spec, 'egress').entries())
      errors.push(...ruleErrors(rule, `spec.egress[${index}]`, 'to'));
    if (types.length > policyTypes.length)
      return [...errors, invalidValue('spec.policyTypes', types, 'may not specify more than two policyTypes')];
    for (const [index, type] of types.entries())
      if (!policyTypes.includes(type)) errors.push(notSupported(`spec.policyTypes[${index}]`, type, policyTypes));
    return errors;
  },
};
