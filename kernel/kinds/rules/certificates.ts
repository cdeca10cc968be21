/** CertificateSigningRequests (pkg/registry/certificates/certificates/strategy.go, pkg/apis/certificates/validation). */
import type { FieldError } from '../../wire/status.ts';
import { duplicateValue, forbiddenField, immutable, invalidValue, notSupported, required } from '../field-errors.ts';
import { arrayAt, ensureRecord, type JsonRecord, numberAt, recordAt, recordsAt, stringAt } from '../json.ts';
import type { KindRules, WriteContext } from '../kind.ts';
import { subdomainProblems } from '../names.ts';

/** What an approver decides; the status endpoint cannot. */
const decisions: readonly string[] = ['Approved', 'Denied'];
/** Once said, they stay. */
const lasting: readonly string[] = [...decisions, 'Failed'];
const shortestSeconds = 600;

const usages: ReadonlySet<string> = new Set([
  'signing',
  'digital signature',
  'content commitment',
  'key encipherment',
  'key agreement',
  'data encipherment',
  'cert sign',
  'crl sign',
  'encipher only',
  'decipher only',
  'any',
  'server auth',
  'client auth',
  'code signing',
  'email protection',
  's/mime',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'timestamping',
  'ocsp signing',
  'microsoft sgc',
  'netscape sgc',
]);

const timestamp = (nowMs: number): string => `${new Date(nowMs).toISOString().slice(0, 19)}Z`;

const conditionsOf = (request: JsonRecord): readonly JsonRecord[] => recordsAt(request, 'status', 'conditions');
const isOf =
  (types: readonly string[]) =>
  (condition: JsonRecord): boolean =>
    types.includes(stringAt(condition, 'type'));

/** An approval writes conditions and nothing else; a status write everything but the decision. */
function prepareStatus(request: JsonRecord, previous: JsonRecord, { nowMs, subresource }: WriteContext): void {
  const before = conditionsOf(previous);
  let conditions = conditionsOf(request);
  if (subresource === 'approval') request.status = { ...recordAt(previous, 'status') };
  else {
    const isDecision = isOf(decisions);
    conditions = [...before.filter(isDecision), ...conditions.filter((condition) => !isDecision(condition))];
  }
  const now = timestamp(nowMs);
  const stamped = conditions.map((condition) => {
    const old = before.find((other) => other.type === condition.type);
    const lastTransitionTime = old?.status === condition.status ? (old?.lastTransitionTime ?? now) : now;
    return { ...condition, lastUpdateTime: condition.lastUpdateTime ?? now, lastTransitionTime };
  });
  const status = ensureRecord(request, 'status');
  if (stamped.length > 0) status.conditions = stamped;
  else delete status.conditions;
}

function signerErrors(name: string): readonly FieldError[] {
  const field = 'spec.signerName';
  if (name === '') return [required(field)];
  const [domain = '', path] = name.split('/');
  if (path === undefined || path === '')
    return [
      invalidValue(field, name, 'must be a fully qualified domain and path of the form "example.com/signer-name"'),
    ];
  return subdomainProblems(domain).map((problem) => invalidValue(field, name, problem));
}

const requestBlock = /^-----BEGIN CERTIFICATE REQUEST-----\n[A-Za-z0-9+/=\s]+-----END CERTIFICATE REQUEST-----\s*$/;

function validate(request: JsonRecord): FieldError[] {
  const spec = recordAt(request, 'spec');
  const errors: FieldError[] = [];
  const pem = Buffer.from(stringAt(spec, 'request'), 'base64').toString('latin1').replaceAll('\r', '').trimStart();
  if (!requestBlock.test(pem))
    errors.push(invalidValue('spec.request', spec.request ?? '', 'PEM block type must be CERTIFICATE REQUEST'));
  if (arrayAt(spec, 'usages').length === 0) errors.push(required('spec.usages'));
  const seen = new Set<string>();
  for (const [index, usage] of arrayAt(spec, 'usages').map(String).entries()) {
    const at = `spec.usages[${index}]`;
    if (!usages.has(usage)) errors.push(notSupported(at, usage, [...usages].sort()));
    if (seen.has(usage)) errors.push(duplicateValue(at, usage));
    seen.add(usage);
  }
  errors.push(...signerErrors(stringAt(spec, 'signerName')));
  const expiration = numberAt(spec, 'expirationSeconds');
  if (expiration !== undefined && expiration < shortestSeconds)
    errors.push(
      invalidValue(
        'spec.expirationSeconds',
        expiration,
        `may not specify a duration less than 600 seconds (10 minutes)`,
      ),
    );
  return errors;
}

function conditionErrors(request: JsonRecord): FieldError[] {
  const errors: FieldError[] = [];
  const conditions = conditionsOf(request);
  const seen = new Set<string>();
  for (const [index, condition] of conditions.entries()) {
    const at = `status.conditions[${index}]`;
    const [type, status] = [stringAt(condition, 'type'), stringAt(condition, 'status')];
    if (type === '') errors.push(required(`${at}.type`));
    if (status === '') errors.push(required(`${at}.status`));
    else if (lasting.includes(type) && status !== 'True') errors.push(notSupported(`${at}.status`, status, ['True']));
    if (seen.has(type)) errors.push(duplicateValue(`${at}.type`, type));
    seen.add(type);
  }
  if (decisions.every((decision) => seen.has(decision))) {
    const detail = 'Approved and Denied conditions are mutually exclusive';
    errors.push(invalidValue('status.conditions', 'Denied', detail));
  }
  return errors;
}

function validateStatus(request: JsonRecord, previous: JsonRecord): FieldError[] {
  const errors = conditionErrors(request);
  for (const condition of conditionsOf(previous).filter(isOf(lasting))) {
    const type = stringAt(condition, 'type');
    if (conditionsOf(request).some((other) => other.type === type)) continue;
    const detail = `updates may not remove a condition of type ${JSON.stringify(type)}`;
    errors.push(forbiddenField('status.conditions', detail));
  }
  const [after, before] = [stringAt(request, 'status', 'certificate'), stringAt(previous, 'status', 'certificate')];
  if (before !== '' && after !== before) errors.push(immutable('status.certificate', after));
  return errors;
}

export const certificateSigningRequestRules: KindRules = {
  name: 'path-segment',
  defaults: (request) => {
    const spec = ensureRecord(request, 'spec');
    if (arrayAt(spec, 'usages').length === 0) spec.usages = ['digital signature', 'key encipherment'];
  },
  prepareCreate: (request, { user }) => {
    const spec = ensureRecord(request, 'spec');
    for (const key of ['username', 'uid', 'groups', 'extra']) delete spec[key];
    if (user !== undefined) {
      spec.username = user.name;
      spec.groups = [...user.groups];
      if (user.uid !== undefined) spec.uid = user.uid;
      if (user.extra !== undefined) spec.extra = user.extra;
    }
    request.status = {};
  },
  // Who asked, and for what, stands from the creation on.
  prepareUpdate: (request, previous) => {
    request.spec = previous.spec;
  },
  prepareStatus,
  validate,
  validateStatus,
};
