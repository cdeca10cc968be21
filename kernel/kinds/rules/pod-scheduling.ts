/** Where a pod may run and what it finds there by name: affinity, spread, DNS (pkg/apis/core/validation/validation.go). */
import { isIP } from 'node:net';
import type { FieldError } from '../../wire/status.ts';
import { duplicateValue, forbiddenField, invalidValue, notSupported, required, tooMany } from '../field-errors.ts';
import { arrayAt, isRecord, type JsonRecord, lookup, numberAt, recordAt, recordsAt, stringAt } from '../json.ts';
import { qualifiedNameProblems, subdomainProblems } from '../names.ts';
import { validateLabels } from '../validate-metadata.ts';
import { labelKeyErrors } from './pod-label-keys.ts';
import { validateSelector } from './selector-validation.ts';

const badAddress = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const weightRange = 'must be in the range 1-100';
const mostNameservers = 3;
const mostSearchPaths = 32;

export function validateScheduling(spec: JsonRecord, path: string): FieldError[] {
  return [
    ...validateLabels(recordAt(spec, 'nodeSelector'), `${path}.nodeSelector`),
    ...nodeAffinityErrors(recordAt(spec, 'affinity', 'nodeAffinity'), `${path}.affinity.nodeAffinity`),
    ...['podAffinity', 'podAntiAffinity'].flatMap((name) =>
      podAffinityErrors(recordAt(spec, 'affinity', name), `${path}.affinity.${name}`),
    ),
    ...spreadErrors(recordsAt(spec, 'topologySpreadConstraints'), `${path}.topologySpreadConstraints`),
    ...gateErrors(recordsAt(spec, 'schedulingGates'), `${path}.schedulingGates`),
    ...resolverErrors(spec, path),
    ...aliasErrors(recordsAt(spec, 'hostAliases'), `${path}.hostAliases`),
    ...readinessErrors(recordsAt(spec, 'readinessGates'), `${path}.readinessGates`),
  ];
}

// ---- affinity ------------------------------------------------------------------------------------------------------

/** How many values an operator of a node selector takes. */
const nodeOperators = lookup<'some' | 'none' | 'one'>({
  In: 'some',
  NotIn: 'some',
  Exists: 'none',
  DoesNotExist: 'none',
  Gt: 'one',
  Lt: 'one',
});

function requirementErrors(requirement: JsonRecord, at: string): FieldError[] {
  const operator = stringAt(requirement, 'operator');
  const count = arrayAt(requirement, 'values').length;
  const errors: FieldError[] = [];
  switch (nodeOperators.get(operator)) {
    case 'some':
      if (count === 0) errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case 'none':
      if (count > 0) {
        const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
        errors.push(forbiddenField(`${at}.values`, detail));
      }
      break;
    case 'one':
      if (count !== 1)
        errors.push(required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
      break;
    case undefined:
      errors.push(invalidValue(`${at}.operator`, operator, 'not a valid selector operator'));
  }
  const key = stringAt(requirement, 'key');
  errors.push(...qualifiedNameProblems(key).map((problem) => invalidValue(`${at}.key`, key, problem)));
  return errors;
}

function fieldRequirementErrors(requirement: JsonRecord, at: string): FieldError[] {
  const key = stringAt(requirement, 'key');
  const operator = stringAt(requirement, 'operator');
  const errors: FieldError[] = [];
  if (operator !== 'In' && operator !== 'NotIn')
    errors.push(invalidValue(`${at}.operator`, operator, 'not a valid selector operator'));
  else if (arrayAt(requirement, 'values').length !== 1)
    errors.push(
      required(`${at}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"),
    );
  if (key !== 'metadata.name') errors.push(invalidValue(`${at}.key`, key, 'not a valid field selector key'));
  return errors;
}

function termErrors(term: JsonRecord, at: string): FieldError[] {
  return [
    ...recordsAt(term, 'matchExpressions').flatMap((each, index) =>
      requirementErrors(each, `${at}.matchExpressions[${index}]`),
    ),
    ...recordsAt(term, 'matchFields').flatMap((each, index) =>
      fieldRequirementErrors(each, `${at}.matchFields[${index}]`),
    ),
  ];
}

const strict = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';

function weightErrors(term: JsonRecord, at: string): FieldError[] {
  const weight = numberAt(term, 'weight') ?? 0;
  return weight >= 1 && weight <= 100 ? [] : [invalidValue(`${at}.weight`, weight, weightRange)];
}

function nodeAffinityErrors(affinity: JsonRecord, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (isRecord(affinity[strict])) {
    const at = `${path}.${strict}.nodeSelectorTerms`;
    const terms = recordsAt(affinity[strict], 'nodeSelectorTerms');
    if (terms.length === 0) errors.push(required(at, 'must have at least one node selector term'));
    errors.push(...terms.flatMap((term, index) => termErrors(term, `${at}[${index}]`)));
  }
  for (const [index, term] of recordsAt(affinity, preferred).entries()) {
    const at = `${path}.${preferred}[${index}]`;
    errors.push(...weightErrors(term, at), ...termErrors(recordAt(term, 'preference'), `${at}.preference`));
  }
  return errors;
}

function podTermErrors(term: JsonRecord, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of ['labelSelector', 'namespaceSelector'])
    if (isRecord(term[key])) errors.push(...validateSelector(term[key], `${at}.${key}`));
  for (const name of arrayAt(term, 'namespaces').map(String))
    errors.push(...subdomainProblems(name).map((problem) => invalidValue(`${at}.namespace`, name, problem)));
  const key = stringAt(term, 'topologyKey');
  if (key === '') errors.push(required(`${at}.topologyKey`, 'can not be empty'));
  errors.push(...qualifiedNameProblems(key).map((problem) => invalidValue(`${at}.topologyKey`, key, problem)));
  return [...errors, ...labelKeyErrors(term, at)];
}

function podAffinityErrors(affinity: JsonRecord, path: string): FieldError[] {
  return [
    ...recordsAt(affinity, strict).flatMap((term, index) => podTermErrors(term, `${path}.${strict}[${index}]`)),
    ...recordsAt(affinity, preferred).flatMap((term, index) => {
      const at = `${path}.${preferred}[${index}]`;
      return [...weightErrors(term, at), ...podTermErrors(recordAt(term, 'podAffinityTerm'), `${at}.podAffinityTerm`)];
    }),
  ];
}

// ---- spread and gates ----------------------------------------------------------------------------------------------

const unsatisfiable = ['DoNotSchedule', 'ScheduleAnyway'];

function spreadErrors(constraints: readonly JsonRecord[], path: string): FieldError[] {
  const seen = new Set<string>();
  return constraints.flatMap((constraint, index) => {
    const at = `${path}[${index}]`;
    const errors: FieldError[] = [];
    const skew = numberAt(constraint, 'maxSkew') ?? 0;
    if (skew <= 0) errors.push(invalidValue(`${at}.maxSkew`, skew, 'must be greater than zero'));
    const key = stringAt(constraint, 'topologyKey');
    if (key === '') errors.push(required(`${at}.topologyKey`, 'can not be empty'));
    const when = stringAt(constraint, 'whenUnsatisfiable');
    if (!unsatisfiable.includes(when)) errors.push(notSupported(`${at}.whenUnsatisfiable`, when, unsatisfiable));
    const domains = numberAt(constraint, 'minDomains');
    if (domains !== undefined && domains <= 0)
      errors.push(invalidValue(`${at}.minDomains`, domains, 'must be greater than zero'));
    if (domains !== undefined && when !== 'DoNotSchedule') {
      const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${when}`;
      errors.push(invalidValue(`${at}.minDomains`, domains, detail));
    }
    if (isRecord(constraint.labelSelector))
      errors.push(...validateSelector(constraint.labelSelector, `${at}.labelSelector`));
    errors.push(...labelKeyErrors(constraint, at));
    const pair = `{${key}, ${when}}`;
    if (seen.has(pair)) errors.push(duplicateValue(`${at}.{topologyKey, whenUnsatisfiable}`, pair));
    seen.add(pair);
    return errors;
  });
}

function gateErrors(gates: readonly JsonRecord[], path: string): FieldError[] {
  const seen = new Set<string>();
  return gates.flatMap((gate, index) => {
    const name = stringAt(gate, 'name');
    const at = `${path}[${index}].name`;
    const errors = qualifiedNameProblems(name).map((problem) => invalidValue(at, name, problem));
    if (seen.has(name)) errors.push(duplicateValue(at, name));
    seen.add(name);
    return errors;
  });
}

function readinessErrors(gates: readonly JsonRecord[], path: string): FieldError[] {
  return gates.flatMap((gate, index) => {
    const type = stringAt(gate, 'conditionType');
    return qualifiedNameProblems(type).map((problem) => invalidValue(`${path}[${index}].conditionType`, type, problem));
  });
}

// ---- names ---------------------------------------------------------------------------------------------------------

function resolverErrors(spec: JsonRecord, path: string): FieldError[] {
  const at = `${path}.dnsConfig`;
  const servers = arrayAt(spec, 'dnsConfig', 'nameservers').map(String);
  const errors: FieldError[] = [];
  if (spec.dnsPolicy === 'None') {
    if (!isRecord(spec.dnsConfig)) return [required(at, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    if (servers.length === 0)
      return [required(`${at}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')];
  }
  if (servers.length > mostNameservers) errors.push(tooMany(`${at}.nameservers`, servers.length, mostNameservers));
  for (const [index, server] of servers.entries())
    if (isIP(server) === 0) errors.push(invalidValue(`${at}.nameservers[${index}]`, server, badAddress));
  const searches = arrayAt(spec, 'dnsConfig', 'searches').map(String);
  if (searches.length > mostSearchPaths) errors.push(tooMany(`${at}.searches`, searches.length, mostSearchPaths));
  for (const [index, search] of searches.entries()) {
    // A lone dot says that there is nothing to add; underscores are for SRV records.
    const name = search
      .replace(/\.$/, '')
      .replaceAll(/(^|\.)_/g, '$1')
      .replaceAll('_', '-');
    if (search === '.') continue;
    errors.push(...subdomainProblems(name).map((problem) => invalidValue(`${at}.searches[${index}]`, search, problem)));
  }
  for (const [index, option] of recordsAt(spec, 'dnsConfig', 'options').entries())
    if (stringAt(option, 'name') === '') errors.push(required(`${at}.options[${index}]`, 'must not be empty'));
  return errors;
}

function aliasErrors(aliases: readonly JsonRecord[], path: string): FieldError[] {
  return aliases.flatMap((alias, index) => {
    const address = stringAt(alias, 'ip');
    const errors = isIP(address) === 0 ? [invalidValue(`${path}[${index}].ip`, address, badAddress)] : [];
    for (const [position, name] of arrayAt(alias, 'hostnames').map(String).entries()) {
      const at = `${path}[${index}].hostnames[${position}]`;
      errors.push(...subdomainProblems(name).map((problem) => invalidValue(at, name, problem)));
    }
    return errors;
  });
}
