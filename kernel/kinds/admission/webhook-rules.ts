/** Mutating- and ValidatingWebhookConfigurations (kubernetes pkg/apis/admissionregistration). */
import { createRequire } from 'node:module';
import type { FieldError } from '../../wire/status.ts';
import { duplicateValue, invalidValue, required } from '../field-errors.ts';
import {
  arrayAt,
  isRecord,
  type JsonRecord,
  numberAt,
  recordAt,
  recordsAt,
  setDefault,
  setDefaultNumber,
  stringAt,
} from '../json.ts';
import type { KindRules } from '../kind.ts';
import { subdomainProblems } from '../names.ts';
import { clientProblems, reviewVersionProblems } from '../webhook-client.ts';
import {
  choice,
  conditionErrors,
  defaultRules,
  failurePolicies,
  matchPolicyErrors,
  ruleErrors,
  selectorErrors,
  serviceOf,
} from './match-validation.ts';

/** Loading the expression language takes longer than all the rest of the kernel's kinds: most cells never need it. */
const load = createRequire(import.meta.url);
const expressions = (): typeof import('./expressions.ts') => load('./expressions.ts');

const sideEffects = ['None', 'NoneOnDryRun'];
const longestTimeoutSeconds = 30;

function applyDefaults(webhook: JsonRecord, mutating: boolean): void {
  setDefault(webhook, 'failurePolicy', 'Fail');
  setDefault(webhook, 'matchPolicy', 'Equivalent');
  if (webhook.timeoutSeconds === undefined) webhook.timeoutSeconds = 10;
  if (mutating) setDefault(webhook, 'reinvocationPolicy', 'Never');
  for (const key of ['namespaceSelector', 'objectSelector']) if (!isRecord(webhook[key])) webhook[key] = {};
  defaultRules(recordsAt(webhook, 'rules'));
  const service = serviceOf(webhook);
  if (service !== undefined) setDefaultNumber(service, 'port', 443);
}

/** utilvalidation.IsFullyQualifiedName */
function nameErrors(name: string, at: string): FieldError[] {
  if (name === '') return [required(at)];
  const problems = subdomainProblems(name);
  if (problems.length > 0) return [invalidValue(at, name, problems.join(','))];
  if (name.split('.').length >= 3) return [];
  return [invalidValue(at, name, 'should be a domain with at least three segments separated by dots')];
}

function webhookErrors(webhook: JsonRecord, at: string): FieldError[] {
  const timeout = numberAt(webhook, 'timeoutSeconds') ?? 1;
  return [
    ...nameErrors(stringAt(webhook, 'name'), `${at}.name`),
    ...recordsAt(webhook, 'rules').flatMap((rule, index) => ruleErrors(rule, `${at}.rules[${index}]`)),
    ...choice(webhook.failurePolicy, `${at}.failurePolicy`, failurePolicies),
    ...matchPolicyErrors(webhook.matchPolicy, `${at}.matchPolicy`),
    ...(webhook.sideEffects === undefined || webhook.sideEffects === null
      ? [required(`${at}.sideEffects`, `must specify one of ${sideEffects.join(', ')}`)]
      : choice(webhook.sideEffects, `${at}.sideEffects`, sideEffects)),
    ...(timeout < 1 || timeout > longestTimeoutSeconds
      ? [invalidValue(`${at}.timeoutSeconds`, timeout, 'the timeout value must be between 1 and 30 seconds')]
      : []),
    ...selectorErrors(webhook, at),
    ...choice(webhook.reinvocationPolicy, `${at}.reinvocationPolicy`, ['IfNeeded', 'Never']),
    ...clientProblems(recordAt(webhook, 'clientConfig'), `${at}.clientConfig`),
    ...conditionErrors(webhook, `${at}.matchConditions`, (text) => expressions().conditionProblem(text)),
    ...reviewVersionProblems(
      arrayAt(webhook, 'admissionReviewVersions'),
      `${at}.admissionReviewVersions`,
      'must specify one of v1, v1beta1',
    ),
  ];
}

function webhookRules(mutating: boolean): KindRules {
  return {
    generation: true,
    defaults: (object) => {
      for (const webhook of recordsAt(object, 'webhooks')) applyDefaults(webhook, mutating);
    },
    validate: (object) => {
      const webhooks = recordsAt(object, 'webhooks');
      const names = webhooks.map((webhook) => stringAt(webhook, 'name'));
      return webhooks.flatMap((webhook, index) => {
        const at = `webhooks[${index}]`;
        const name = names[index] ?? '';
        const errors = webhookErrors(webhook, at);
        return name !== '' && names.indexOf(name) < index ? [...errors, duplicateValue(`${at}.name`, name)] : errors;
      });
    },
  };
}

export const mutatingWebhookRules = webhookRules(true);
export const validatingWebhookRules = webhookRules(false);
