/** Roles, bindings and service accounts (kubernetes pkg/apis/rbac). */
import type { FieldError } from '../../wire/status.ts';
import { invalidValue, notSupported, required } from '../field-errors.ts';
import {
  arrayAt,
  deepEqual,
  ensureRecord,
  type JsonRecord,
  recordAt,
  recordsAt,
  setDefault,
  stringAt,
} from '../json.ts';
import type { KindRules } from '../kind.ts';

const rbacGroup = 'rbac.authorization.k8s.io';

function ruleErrors(object: JsonRecord, isNamespaced: boolean): FieldError[] {
  return recordsAt(object, 'rules').flatMap((rule, index) => {
    const at = `rules[${index}]`;
    const has = (key: string): boolean => arrayAt(rule, key).length > 0;
    const errors: FieldError[] = [];
    if (!has('verbs')) errors.push(required(`${at}.verbs`, 'verbs must contain at least one value'));
    if (has('nonResourceURLs')) {
      if (isNamespaced)
        errors.push(
          invalidValue(
            `${at}.nonResourceURLs`,
            rule.nonResourceURLs,
            'namespaced rules cannot apply to non-resource URLs',
          ),
        );
      if (has('apiGroups') || has('resources') || has('resourceNames')) {
        errors.push(
          invalidValue(
            `${at}.nonResourceURLs`,
            rule.nonResourceURLs,
            'rules cannot apply to both regular resources and non-resource URLs',
          ),
        );
      }
      return errors;
    }
    if (!has('apiGroups'))
      errors.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
    if (!has('resources')) errors.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
    return errors;
  });
}

function defaultBinding(object: JsonRecord): void {
  setDefault(ensureRecord(object, 'roleRef'), 'apiGroup', rbacGroup);
  for (const subject of recordsAt(object, 'subjects')) {
    if (subject.kind === 'User' || subject.kind === 'Group') setDefault(subject, 'apiGroup', rbacGroup);
  }
}

function bindingErrors(object: JsonRecord, isNamespaced: boolean): FieldError[] {
  const reference = recordAt(object, 'roleRef');
  const errors: FieldError[] = [];
  if (reference.apiGroup !== rbacGroup) errors.push(notSupported('roleRef.apiGroup', reference.apiGroup, [rbacGroup]));
  const kinds = isNamespaced ? ['ClusterRole', 'Role'] : ['ClusterRole'];
  if (!kinds.includes(stringAt(reference, 'kind')))
    errors.push(notSupported('roleRef.kind', reference.kind ?? '', kinds));
  if (stringAt(reference, 'name') === '') errors.push(required('roleRef.name'));
  for (const [index, subject] of recordsAt(object, 'subjects').entries()) {
    const at = `subjects[${index}]`;
    if (stringAt(subject, 'name') === '') errors.push(required(`${at}.name`));
    const subjectKinds = ['ServiceAccount', 'User', 'Group'];
    if (!subjectKinds.includes(stringAt(subject, 'kind')))
      errors.push(notSupported(`${at}.kind`, subject.kind ?? '', subjectKinds));
    // In a RoleBinding it is the binding's own when it is left out.
    if (subject.kind === 'ServiceAccount' && !isNamespaced && stringAt(subject, 'namespace') === '')
      errors.push(required(`${at}.namespace`));
  }
  return errors;
}

function roleReferenceIsImmutable(object: JsonRecord, previous: JsonRecord): FieldError[] {
  return deepEqual(object.roleRef, previous.roleRef)
    ? []
    : [invalidValue('roleRef', object.roleRef, 'cannot change roleRef')];
}

const role = (isNamespaced: boolean): KindRules => ({
  name: 'path-segment',
  createOnUpdate: true,
  validate: (object) => ruleErrors(object, isNamespaced),
});

const binding = (isNamespaced: boolean): KindRules => ({
  name: 'path-segment',
  createOnUpdate: true,
  defaults: defaultBinding,
  validate: (object) => bindingErrors(object, isNamespaced),
  validateUpdate: roleReferenceIsImmutable,
});

export const roleRules = role(true);
export const clusterRoleRules = role(false);
export const roleBindingRules = binding(true);
export const clusterRoleBindingRules = binding(false);
