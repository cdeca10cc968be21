/**
 * Admission on the way of a write. A decision about the store is made at once, while a webhook takes its time: where one
 * is needed, the decision is given up with `Suspended`, the webhook is asked while nothing is held, and the decision is
 * made again with what it said. When the object has changed meanwhile everything starts anew, as it does upstream
 * (apiserver registry/generic/registry/store.go, GuaranteedUpdate).
 */
import { randomUUID } from 'node:crypto';
import { kernelIdentity } from '../access/bootstrap/bootstrap.ts';
import type { Attributes, Operation } from '../admission/attributes.ts';
import { admissionGroup } from '../admission/configurations.ts';
import { paramAccessErrors } from '../admission/param-access.ts';
import { requireSecure } from '../admission/pod-security/index.ts';
import { type JsonRecord, stringAt } from '../kinds/json.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import { growsByUpdate } from '../kinds/rules/quota-usage.ts';
import { inverse, rename } from '../kinds/view-names.ts';
import type { Charge } from '../quota/check.ts';
import type { StoredObject } from '../store/store.ts';
import { forbidden, internalError, invalid } from '../wire/status.ts';
import { type Call, type Context, keyOf } from './context.ts';
import { decodeFields, type Expected, expectedOf } from './decode.ts';
import { settle } from './stored.ts';

/** What admission is told besides what the call says. */
export interface Admitted {
  readonly operation: Operation;
  readonly name: string;
  readonly object: JsonRecord | undefined;
  readonly previous: JsonRecord | undefined;
  readonly dryRun: boolean;
  /** Of a subresource whose body is another object than the kind's own. */
  readonly body?: Expected;
  /** Of a delete: the whole body. */
  readonly options?: JsonRecord;
  /** Of a new object: what the kind's own admission puts in; changes what it is given. */
  readonly prepare?: (object: JsonRecord) => void;
}

const optionsKinds: Readonly<Record<Operation, string>> = {
  CREATE: 'CreateOptions',
  UPDATE: 'UpdateOptions',
  DELETE: 'DeleteOptions',
  CONNECT: '',
};

function optionsOf(call: Call, { operation, dryRun, options }: Admitted): JsonRecord | undefined {
  if (operation === 'CONNECT') return undefined;
  const manager = call.query.get('fieldManager') ?? '';
  const validation = call.query.get('fieldValidation') ?? '';
  return {
    ...(options ?? {}),
    // Clients may send DeleteOptions of any group; admission is shown one form.
    kind: optionsKinds[operation],
    apiVersion: 'meta.k8s.io/v1',
    ...(dryRun ? { dryRun: ['All'] } : {}),
    ...(manager === '' ? {} : { fieldManager: manager }),
    ...(validation === '' ? {} : { fieldValidation: validation }),
  };
}

/** Nobody waits longer (apiserver pkg/endpoints/handlers, requestTimeoutUpperBound). */
const longestRequestMs = 34_000;
const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** By the list of warnings: a request has one, into however many words its call is put. */
const deadlines = new WeakMap<readonly string[], number>();

/** From when somebody is first to be asked about a request; in between only the kernel itself is at work. */
function deadlineOf({ query, warnings }: Call): number {
  let deadlineMs = deadlines.get(warnings);
  if (deadlineMs === undefined) {
    const asked = query.get('timeout') ?? '';
    const parts = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(asked) ? asked.matchAll(/([\d.]+)(ms|[smh])/g) : [];
    let askedMs = 0;
    for (const [, count, unit = ''] of parts) askedMs += Number(count) * (unitsMs[unit] ?? 0);
    deadlineMs = performance.now() + Math.min(askedMs || longestRequestMs, longestRequestMs);
    deadlines.set(warnings, deadlineMs);
  }
  return deadlineMs;
}

function typed(object: JsonRecord | undefined, { apiVersion, kind }: Expected): JsonRecord | undefined {
  return object === undefined ? undefined : { ...object, apiVersion, kind };
}

/** As the client says it, of what is stored. */
function inWordsOf({ view }: Kind, object: JsonRecord | undefined): JsonRecord | undefined {
  return view === undefined || object === undefined ? object : rename(object, inverse(view.fields));
}

function attributesOf(call: Call, input: Admitted): Attributes {
  const { route, identity } = call;
  const kind = admittedKind(call);
  const { body = expectedOf(kind) } = input;
  const slash = body.apiVersion.indexOf('/');
  return {
    operation: input.operation,
    kind,
    subresource: route.subresource,
    type: {
      group: slash < 0 ? '' : body.apiVersion.slice(0, slash),
      version: body.apiVersion.slice(slash + 1),
      kind: body.kind,
    },
    namespace: route.namespace,
    name: input.name,
    object: typed(inWordsOf(kind, input.object), body),
    oldObject: typed(inWordsOf(kind, input.previous), body),
    options: optionsOf(call, input),
    dryRun: input.dryRun,
    identity,
    deadlineMs: deadlineOf(call),
    decode: (value, version) => {
      const expected = input.body ?? { ...expectedOf(version), apiVersion: apiVersionOf(version) };
      return decodeFields(expected, value);
    },
  };
}

/** The kernel itself asks nobody: a webhook that refuses everything, or is gone, must not keep it from starting. */
const isKernel = ({ identity }: Call): boolean => identity === kernelIdentity;

const admittedKind = ({ kind, viewedAs }: Call): Kind => viewedAs ?? kind;

/** The object as admission wants it, in the words it is stored in. */
async function askForChanges(context: Context, call: Call, input: Admitted): Promise<JsonRecord | undefined> {
  const { view } = admittedKind(call);
  const object = await context.admission.mutate(attributesOf(call, input), warnTo(call), input.prepare);
  if (view === undefined || object === undefined) return object;
  return { ...rename(object, view.fields), apiVersion: apiVersionOf(call.kind) };
}

export function mutates({ admission }: Context, call: Call, operation: Operation): boolean {
  return !isKernel(call) && admission.mutates(admittedKind(call), call.route.subresource, operation);
}

function validates({ admission }: Context, call: Call, operation: Operation): boolean {
  return !isKernel(call) && admission.validates(admittedKind(call), call.route.subresource, operation);
}

/** Thrown to leave a decision that needs an answer from elsewhere first. */
export class Suspended extends Error {
  readonly resume: () => Promise<void>;
  constructor(resume: () => Promise<void>) {
    super('admission is not through yet');
    this.resume = resume;
  }
}

/** One attempt at a write, from one state of the object: what is decided anew meets the same time, id and answers. */
export class Round {
  readonly nowMs: number;
  readonly #context: Context;
  /** What is chosen by chance is chosen alike in each attempt: webhooks are to see what will be stored. */
  #draw: number | undefined;
  #uid = '';
  #mutated: { readonly object: JsonRecord | undefined } | undefined;
  #isValid = false;
  #revision: number | undefined;
  /** What the write costs, if it is made as it was last decided. */
  charges: readonly Charge[] = [];

  constructor(context: Context) {
    this.#context = context;
    this.nowMs = context.nowMs();
  }

  /** For an object that is to be made. */
  get uid(): string {
    this.#uid ||= randomUUID();
    return this.#uid;
  }

  /** Whether answers that were given for this object are still about it. */
  isAbout(current: StoredObject | undefined): boolean {
    const revision = current?.modRevision ?? 0;
    this.#revision ??= revision;
    return this.#revision === revision;
  }

  mutates(call: Call, operation: Operation): boolean {
    return mutates(this.#context, call, operation);
  }

  /** The object as webhooks want it; without any the same one. */
  mutate(call: Call, input: Admitted): JsonRecord | undefined {
    if (!this.mutates(call, input.operation)) return input.object;
    if (this.#mutated === undefined) {
      const now = snapshot(call, input);
      throw new Suspended(async () => {
        this.#mutated = { object: await askForChanges(this.#context, call, now) };
      });
    }
    return structuredClone(this.#mutated.object);
  }

  validate(call: Call, input: Admitted): void {
    const { admission, store } = this.#context;
    const { object, previous, name, operation } = input;
    // Upstream's plug-in comes before policies and webhooks that validate. A deletion has no object.
    if (object !== undefined && input.body === undefined && operation !== 'DELETE') {
      const { kind, route } = call;
      const { subresource, namespace } = route;
      requireSecure(store, { kind, subresource, namespace, name, object, previous }, warnTo(call));
      if (kind.group === admissionGroup && subresource === '') {
        const { kinds, access } = this.#context;
        const sources = { store, kinds, authorizer: access };
        const problems = paramAccessErrors(sources, { kind, identity: call.identity, object, previous });
        if (problems.length > 0) throw invalid(kind, name, problems);
      }
    }
    if (this.#isValid || !validates(this.#context, call, input.operation)) return;
    const attributes = attributesOf(call, snapshot(call, input));
    throw new Suspended(async () => {
      await admission.validate(attributes, warnTo(call));
      this.#isValid = true;
    });
  }

  /** What a kind's objects are given, of a write to the object itself; held from when the write is made. */
  allocate({ kind, route }: Call, name: string, object: JsonRecord, previous: JsonRecord | undefined): void {
    const { allocation } = kind.rules;
    if (allocation === undefined || route.subresource !== '') return;
    this.#draw ??= this.#context.random();
    const grants = this.#context.allocator.grants(keyOf(kind, route.namespace, name), this.#draw);
    const problem = allocation.fill(object, previous, grants);
    if (typeof problem === 'string') throw internalError(problem);
    if (problem.length > 0) throw invalid(kind, name, problem);
  }

  /** Last of all: room in the quotas of the namespace, for the object as it will be stored. */
  charge(call: Call, object: JsonRecord, previous: JsonRecord | undefined): void {
    const { kind, route } = call;
    this.charges = [];
    const isPart = kind.rules.parts?.[route.subresource] !== undefined;
    if (!kind.namespaced || (route.subresource !== '' && !isPart)) return;
    const mayGrow = isPart || previous === undefined || growsByUpdate(kind, object, previous);
    if (!mayGrow) return;
    const answer = this.#context.quotas.check({ kind, namespace: route.namespace, object, previous });
    if (typeof answer === 'string') throw forbidden(kind, stringAt(object, 'metadata', 'name'), answer);
    this.charges = answer ?? [];
  }
}

/** As it is now, in the form it would be stored in: the decision goes on changing its object. */
function snapshot({ kind }: Call, input: Admitted): Admitted {
  const object = structuredClone(input.object);
  if (object !== undefined && input.body === undefined) settle(kind, object);
  return { ...input, object, previous: structuredClone(input.previous) };
}

const warnTo = (call: Call) => (text: string) => {
  if (!call.warnings.includes(text)) call.warnings.push(text);
};

/** Of a new object, before anything is decided about the store: its name may not be known yet. */
export async function mutateNew(context: Context, call: Call, input: Admitted): Promise<JsonRecord> {
  return (await askForChanges(context, call, snapshot(call, input))) ?? {};
}

/** Of a request that stores nothing. */
export async function admitUnstored(context: Context, call: Call, input: Admitted): Promise<JsonRecord | undefined> {
  const { admission } = context;
  const isChanged = mutates(context, call, input.operation);
  const object = isChanged ? await admission.mutate(attributesOf(call, input), warnTo(call)) : input.object;
  if (validates(context, call, input.operation))
    await admission.validate(attributesOf(call, { ...input, object }), warnTo(call));
  return object;
}
