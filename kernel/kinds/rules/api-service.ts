/** APIServices: who serves a group version (kube-aggregator pkg/apis/apiregistration/validation). */
import type { FieldError } from '../../wire/status.ts';
import { invalidValue, required } from '../field-errors.ts';
import { isRecord, type JsonRecord, numberAt, recordAt, setDefault, stringAt } from '../json.ts';
import type { KindRules } from '../kind.ts';
import { label1035Problems, subdomainProblems } from '../names.ts';

const highestGroupPriority = 20_000;
const highestVersionPriority = 1_000;

export const apiServiceRules: KindRules = {
  statusKeeps: 'metadata',
  name: 'path-segment',
  defaults: (object) => {
    const { service } = recordAt(object, 'spec');
    if (isRecord(service)) setDefault(service, 'port', 443);
  },
  validate: (object) => {
    const spec = recordAt(object, 'spec');
    const [name, group, version] = [
      stringAt(object, 'metadata', 'name'),
      stringAt(spec, 'group'),
      stringAt(spec, 'version'),
    ];
    const errors: FieldError[] = [];
    if (name !== `${version}.${group}`) {
      const detail = `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(`${version}.${group}`)}`;
      errors.push(invalidValue('metadata.name', name, detail));
    }
    if (group === '') {
      if (version !== 'v1')
        errors.push(required('spec.group', 'only v1 may have an empty group and it better be legacy kube'));
    } else errors.push(...subdomainProblems(group).map((problem) => invalidValue('spec.group', group, problem)));
    errors.push(...label1035Problems(version).map((problem) => invalidValue('spec.version', version, problem)));
    return [...errors, ...priorityErrors(spec), ...serviceErrors(spec)];
  },
};

function priorityErrors(spec: JsonRecord): FieldError[] {
  const bounds = [
    ['groupPriorityMinimum', highestGroupPriority],
    ['versionPriority', highestVersionPriority],
  ] as const;
  return bounds.flatMap(([key, most]) => {
    const value = numberAt(spec, key) ?? 0;
    return value > 0 && value <= most
      ? []
      : [invalidValue(`spec.${key}`, value, `must be positive and less than ${most}`)];
  });
}

function serviceErrors(spec: JsonRecord): FieldError[] {
  const { service, caBundle, insecureSkipTLSVerify } = spec;
  const bundle = typeof caBundle === 'string' ? caBundle : '';
  if (!isRecord(service)) {
    return [
      ...(bundle === ''
        ? []
        : [
            invalidValue(
              'spec.caBundle',
              `${Buffer.from(bundle, 'base64').length} bytes`,
              'local APIServices may not have a caBundle',
            ),
          ]),
      ...(insecureSkipTLSVerify === true
        ? [invalidValue('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify')]
        : []),
    ];
  }
  const port = numberAt(service, 'port') ?? 0;
  return [
    ...(stringAt(service, 'namespace') === '' ? [required('spec.service.namespace')] : []),
    ...(stringAt(service, 'name') === '' ? [required('spec.service.name')] : []),
    ...(port < 1 || port > 65_535
      ? [invalidValue('spec.service.port', port, 'port is not valid: must be between 1 and 65535, inclusive')]
      : []),
    ...(insecureSkipTLSVerify === true && bundle !== ''
      ? [invalidValue('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present')]
      : []),
  ];
}
