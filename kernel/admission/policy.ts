/** Policies and bindings as they are stored, read once when they change. */
import { arrayAt, isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../kinds/json.ts';
import { type Matching, readMatching } from './matching.ts';
import { type Condition, readConditions } from './webhook.ts';

export interface Policy {
  readonly name: string;
  readonly spec: JsonRecord;
  readonly matching: Matching;
  readonly conditions: readonly Condition[];
  readonly failsOpen: boolean;
  /** Of one that changes requests. */
  readonly reinvokes: boolean;
  readonly paramKind: { readonly apiVersion: string; readonly kind: string } | undefined;
}

export interface ParamRef {
  readonly name: string;
  readonly namespace: string;
  readonly selector: JsonRecord | undefined;
  readonly denies: boolean;
}

export interface Binding {
  readonly name: string;
  readonly policyName: string;
  /** Undefined: everything the policy is about. */
  readonly matching: Matching | undefined;
  readonly paramRef: ParamRef | undefined;
  readonly actions: readonly string[];
}

function readMatchResources(match: JsonRecord): Matching {
  return readMatching(match, recordsAt(match, 'resourceRules'), recordsAt(match, 'excludeResourceRules'));
}

export function readPolicy(object: JsonRecord): Policy {
  const spec = recordAt(object, 'spec');
  const { paramKind } = spec;
  return {
    name: stringAt(object, 'metadata', 'name'),
    spec,
    matching: readMatchResources(recordAt(spec, 'matchConstraints')),
    conditions: readConditions(spec),
    failsOpen: spec.failurePolicy === 'Ignore',
    reinvokes: spec.reinvocationPolicy === 'IfNeeded',
    paramKind: isRecord(paramKind)
      ? { apiVersion: stringAt(paramKind, 'apiVersion'), kind: stringAt(paramKind, 'kind') }
      : undefined,
  };
}

export function readBinding(object: JsonRecord): Binding {
  const spec = recordAt(object, 'spec');
  const { matchResources, paramRef } = spec;
  return {
    name: stringAt(object, 'metadata', 'name'),
    policyName: stringAt(spec, 'policyName'),
    matching: isRecord(matchResources) ? readMatchResources(matchResources) : undefined,
    paramRef: isRecord(paramRef)
      ? {
          name: stringAt(paramRef, 'name'),
          namespace: stringAt(paramRef, 'namespace'),
          selector: isRecord(paramRef.selector) ? paramRef.selector : undefined,
          denies: paramRef.parameterNotFoundAction === 'Deny',
        }
      : undefined,
    actions: arrayAt(spec, 'validationActions').map(String),
  };
}
