/** FlowSchemas and PriorityLevelConfigurations (pkg/apis/flowcontrol). They are kept; the kernel has its own limits. */
import type { FieldError } from '../../wire/status.ts';
import { forbiddenField, invalidValue, notSupported, required } from '../field-errors.ts';
import {
  arrayAt,
  ensureRecord,
  isRecord,
  type JsonRecord,
  lookup,
  numberAt,
  recordAt,
  recordsAt,
  setDefault,
  stringAt,
} from '../json.ts';
import type { KindRules } from '../kind.ts';

const lastPrecedence = 10_000;
const methods = ['ByNamespace', 'ByUser'];
const subjectKinds = ['Group', 'ServiceAccount', 'User'];
const member = lookup({ Group: 'group', ServiceAccount: 'serviceAccount', User: 'user' });

function subjectErrors(subject: JsonRecord, at: string): FieldError[] {
  const kind = stringAt(subject, 'kind');
  const own = member.get(kind);
  if (own === undefined) return [notSupported(`${at}.kind`, kind, subjectKinds)];
  const errors: FieldError[] = [];
  for (const name of member.values()) {
    if (name === own || subject[name] === undefined) continue;
    errors.push(forbiddenField(`${at}.${name}`, `${name} is forbidden when subject kind is not '${kind}'`));
  }
  const given = subject[own];
  if (!isRecord(given))
    return [...errors, required(`${at}.${own}`, `${own} is required when subject kind is '${kind}'`)];
  if (stringAt(given, 'name') === '') errors.push(required(`${at}.${own}.name`));
  if (kind === 'ServiceAccount' && stringAt(given, 'namespace') === '')
    errors.push(required(`${at}.serviceAccount.namespace`, 'must specify namespace for service account'));
  return errors;
}

function ruleErrors(rule: JsonRecord, at: string): FieldError[] {
  const errors = recordsAt(rule, 'subjects').flatMap((subject, index) =>
    subjectErrors(subject, `${at}.subjects[${index}]`),
  );
  if (arrayAt(rule, 'subjects').length === 0)
    errors.push(required(`${at}.subjects`, 'subjects must contain at least one value'));
  if (arrayAt(rule, 'resourceRules').length + arrayAt(rule, 'nonResourceRules').length === 0)
    errors.push(required(at, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  for (const [index, each] of recordsAt(rule, 'resourceRules').entries()) {
    const where = `${at}.resourceRules[${index}]`;
    for (const key of ['verbs', 'apiGroups', 'resources'])
      if (arrayAt(each, key).length === 0) errors.push(required(`${where}.${key}`));
    if (arrayAt(each, 'namespaces').length === 0 && each.clusterScope !== true)
      errors.push(
        required(
          `${where}.namespaces`,
          'resource rules that are not cluster scoped must supply at least one namespace',
        ),
      );
  }
  for (const [index, each] of recordsAt(rule, 'nonResourceRules').entries()) {
    for (const key of ['verbs', 'nonResourceURLs'])
      if (arrayAt(each, key).length === 0) errors.push(required(`${at}.nonResourceRules[${index}].${key}`));
  }
  return errors;
}

export const flowSchemaRules: KindRules = {
  statusKeeps: 'metadata',
  generation: true,
  defaults: (object) => {
    const spec = ensureRecord(object, 'spec');
    if (spec.matchingPrecedence === undefined || spec.matchingPrecedence === 0) spec.matchingPrecedence = 1000;
  },
  validate: (object) => {
    const spec = recordAt(object, 'spec');
    const errors: FieldError[] = [];
    const precedence = numberAt(spec, 'matchingPrecedence') ?? 0;
    if (precedence < 1) errors.push(invalidValue('spec.matchingPrecedence', precedence, 'must be a positive value'));
    if (precedence > lastPrecedence)
      errors.push(invalidValue('spec.matchingPrecedence', precedence, `must not be greater than ${lastPrecedence}`));
    if (stringAt(spec, 'priorityLevelConfiguration', 'name') === '')
      errors.push(required('spec.priorityLevelConfiguration.name', 'must reference a priority level'));
    if (isRecord(spec.distinguisherMethod)) {
      const method = stringAt(spec.distinguisherMethod, 'type');
      if (!methods.includes(method)) errors.push(notSupported('spec.distinguisherMethod.type', method, methods));
    }
    return [...errors, ...recordsAt(spec, 'rules').flatMap((rule, index) => ruleErrors(rule, `spec.rules[${index}]`))];
  },
};

export const priorityLevelRules: KindRules = {
  statusKeeps: 'metadata',
  generation: true,
  defaults: (object) => {
    const spec = ensureRecord(object, 'spec');
    if (isRecord(spec.exempt)) {
      setDefault(spec.exempt, 'nominalConcurrencyShares', 0);
      setDefault(spec.exempt, 'lendablePercent', 0);
    }
    if (!isRecord(spec.limited)) return;
    setDefault(spec.limited, 'nominalConcurrencyShares', 30);
    setDefault(spec.limited, 'lendablePercent', 0);
    const { queuing } = recordAt(spec.limited, 'limitResponse');
    if (!isRecord(queuing)) return;
    for (const [key, value] of Object.entries({ queues: 64, handSize: 8, queueLengthLimit: 50 }))
      if (queuing[key] === undefined || queuing[key] === 0) queuing[key] = value;
  },
  validate: (object) => {
    const spec = recordAt(object, 'spec');
    const type = stringAt(spec, 'type');
    if (type !== 'Exempt' && type !== 'Limited') return [notSupported('spec.type', type, ['Exempt', 'Limited'])];
    if (type === 'Exempt')
      return spec.limited === undefined
        ? []
        : [forbiddenField('spec.limited', 'must be nil if the type is not Limited')];
    if (!isRecord(spec.limited)) return [required('spec.limited', 'must not be empty when type is Limited')];
    const errors =
      spec.exempt === undefined ? [] : [forbiddenField('spec.exempt', 'must be nil if the type is Limited')];
    const shares = numberAt(spec.limited, 'nominalConcurrencyShares') ?? 0;
    if (shares < 0)
      errors.push(invalidValue('spec.limited.nominalConcurrencyShares', shares, 'must be a non-negative integer'));
    const lendable = numberAt(spec.limited, 'lendablePercent') ?? 0;
    if (lendable < 0 || lendable > 100)
      errors.push(invalidValue('spec.limited.lendablePercent', lendable, 'must be between 0 and 100, inclusive'));
    return [...errors, ...responseErrors(recordAt(spec.limited, 'limitResponse'), 'spec.limited.limitResponse')];
  },
};

function responseErrors(response: JsonRecord, at: string): FieldError[] {
  const type = stringAt(response, 'type');
  if (type === 'Reject')
    return response.queuing === undefined
      ? []
      : [forbiddenField(`${at}.queuing`, 'must be nil if limited.limitResponse.type is not Limited')];
  if (type !== 'Queue') return [notSupported(`${at}.type`, type, ['Queue', 'Reject'])];
  const { queuing } = response;
  if (!isRecord(queuing))
    return [required(`${at}.queuing`, 'must not be empty if limited.limitResponse.type is Limited')];
  const errors: FieldError[] = [];
  for (const key of ['queues', 'handSize', 'queueLengthLimit']) {
    const value = numberAt(queuing, key) ?? 0;
    if (value <= 0) errors.push(invalidValue(`${at}.queuing.${key}`, value, 'must be positive'));
  }
  const [hands, queues] = [numberAt(queuing, 'handSize') ?? 0, numberAt(queuing, 'queues') ?? 0];
  if (hands > queues) {
    const detail = `should not be greater than queues (${queues})`;
    errors.push(invalidValue(`${at}.queuing.handSize`, hands, detail));
  }
  return errors;
}
