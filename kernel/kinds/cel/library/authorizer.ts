/**
 * Questions about permissions (apiserver pkg/cel/library/authz.go): who may do what, put together step by step. Who
 * answers them comes in with the variable `authorizer`; expressions without that variable have nobody to ask.
 */
import { labelProblems, subdomainProblems } from '../../names.ts';
import { member, type Overload } from '../overload.ts';
import { bool, opaque, string } from '../type.ts';
import { CelError, Opaque } from '../value.ts';

/** What is asked; `path` is there when it is about no resource. */
export interface Question {
  readonly verb: string;
  readonly path?: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** Answers for one principal. */
export interface Authority {
  readonly decide: (question: Question) => { readonly allowed: boolean; readonly reason: string };
  readonly serviceAccount: (namespace: string, name: string) => Authority;
}

const nothing: Question = { verb: '', group: '', resource: '', subresource: '', namespace: '', name: '' };

export class AuthorizerValue extends Opaque {
  readonly typeName = 'kubernetes.authorization.Authorizer';
  readonly authority: Authority;
  constructor(authority: Authority) {
    super();
    this.authority = authority;
  }
  equals(other: Opaque): boolean {
    return other === this;
  }
}

type CheckType = 'PathCheck' | 'GroupCheck' | 'ResourceCheck';

class Check extends Opaque {
  readonly typeName: string;
  readonly authority: Authority;
  readonly question: Question;
  constructor(type: CheckType, authority: Authority, question: Question) {
    super();
    this.typeName = `kubernetes.authorization.${type}`;
    this.authority = authority;
    this.question = question;
  }
  equals(other: Opaque): boolean {
    return other === this;
  }
}

class DecisionValue extends Opaque {
  readonly typeName = 'kubernetes.authorization.Decision';
  readonly allowed: boolean;
  readonly reason: string;
  constructor(allowed: boolean, reason: string) {
    super();
    this.allowed = allowed;
    this.reason = reason;
  }
  equals(other: Opaque): boolean {
    return other instanceof DecisionValue && other.allowed === this.allowed && other.reason === this.reason;
  }
}

const type = (name: CheckType | 'Decision') => opaque(`kubernetes.authorization.${name}`);
const [pathCheck, groupCheck, resourceCheck] = [type('PathCheck'), type('GroupCheck'), type('ResourceCheck')];
const decision = type('Decision');

export const authorizerType = opaque('kubernetes.authorization.Authorizer');
export const resourceCheckType = resourceCheck;

/** The variable `authorizer.requestResource`: about what the request itself is about. */
export function checkOf(authority: Authority, question: Omit<Question, 'verb'>): Opaque {
  return new Check('ResourceCheck', authority, { ...question, verb: '' });
}

function filled(text: string, what: string): string {
  if (text.trim() === '') throw new CelError(`${what} must not be empty`);
  return text;
}

function serviceAccount({ authority }: AuthorizerValue, namespace: string, name: string): AuthorizerValue {
  if (subdomainProblems(name).length > 0) throw new CelError(`Invalid service account name`);
  if (labelProblems(namespace).length > 0) throw new CelError(`Invalid service account namespace`);
  return new AuthorizerValue(authority.serviceAccount(namespace, name));
}

const ask = ({ authority, question }: Check, verb: string): DecisionValue => {
  const { allowed, reason } = authority.decide({ ...question, verb });
  return new DecisionValue(allowed, reason);
};

/** A check may ask a server elsewhere upstream: that is its price there. */
const checkPrice = { cost: () => 350_000 };

const narrowed = (key: 'subresource' | 'namespace' | 'name'): Overload =>
  member(
    key,
    [resourceCheck, string],
    resourceCheck,
    ({ authority, question }: Check, text: string) =>
      new Check('ResourceCheck', authority, { ...question, [key]: text }),
  );

/** RBAC looks at no selectors, so they change nothing; upstream's RBAC neither. */
const selector = (name: 'fieldSelector' | 'labelSelector'): Overload =>
  member(name, [resourceCheck, string], resourceCheck, (check: Check, _text: string) => check);

export const authorization: readonly Overload[] = [
  member(
    'path',
    [authorizerType, string],
    pathCheck,
    ({ authority }: AuthorizerValue, path: string) =>
      new Check('PathCheck', authority, { ...nothing, path: filled(path, 'path') }),
  ),
  member(
    'group',
    [authorizerType, string],
    groupCheck,
    ({ authority }: AuthorizerValue, group: string) => new Check('GroupCheck', authority, { ...nothing, group }),
  ),
  member('serviceAccount', [authorizerType, string, string], authorizerType, serviceAccount),
  member(
    'resource',
    [groupCheck, string],
    resourceCheck,
    ({ authority, question }: Check, resource: string) =>
      new Check('ResourceCheck', authority, { ...question, resource: filled(resource, 'resource') }),
  ),
  narrowed('subresource'),
  narrowed('namespace'),
  narrowed('name'),
  selector('fieldSelector'),
  selector('labelSelector'),
  member('check', [pathCheck, string], decision, ask, checkPrice),
  member('check', [resourceCheck, string], decision, ask, checkPrice),
  member('allowed', [decision], bool, ({ allowed }: DecisionValue) => allowed),
  member('reason', [decision], string, ({ reason }: DecisionValue) => reason),
  // A decision here is made in memory: it never fails.
  member('errored', [decision], bool, () => false),
  member('error', [decision], string, () => ''),
];
