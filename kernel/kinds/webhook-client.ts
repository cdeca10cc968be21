/** Where webhooks are: what a definition's conversion and admission say alike (apiserver pkg/util/webhook). */
import type { FieldError } from '../wire/status.ts';
import { invalidValue, required } from './field-errors.ts';
import { type JsonRecord, numberAt, recordAt, stringAt } from './json.ts';
import { label1035Problems, subdomainProblems } from './names.ts';

export interface ServiceReference {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  readonly path: string;
}

/** Where a webhook is and whom its certificate has to be signed by. */
export interface WebhookClient {
  readonly target: { readonly url: string } | { readonly service: ServiceReference };
  /** PEM; empty: the authorities Node trusts. */
  readonly certificateAuthority: string;
}

/** From a WebhookClientConfig. */
export function readClient(config: JsonRecord): WebhookClient {
  const service = recordAt(config, 'service');
  const url = stringAt(config, 'url');
  return {
    target:
      url !== ''
        ? { url }
        : {
            service: {
              namespace: stringAt(service, 'namespace'),
              name: stringAt(service, 'name'),
              port: numberAt(service, 'port') ?? 443,
              path: stringAt(service, 'path') || '/',
            },
          },
    certificateAuthority: Buffer.from(stringAt(config, 'caBundle'), 'base64').toString('utf8').trim(),
  };
}

/** Versions of review objects the kernel speaks. */
const understood = ['v1', 'v1beta1'];

/** The first version named that the kernel speaks; empty: none. */
export function reviewVersion(versions: readonly unknown[]): string {
  return versions.map(String).find((version) => understood.includes(version)) ?? '';
}

export function clientProblems(config: JsonRecord, at: string): FieldError[] {
  const { url, service } = config;
  if ((url === undefined) === (service === undefined))
    return [required(at, 'exactly one of url or service is required')];
  return url === undefined
    ? serviceProblems(recordAt(config, 'service'), `${at}.service`)
    : urlProblems(String(url), `${at}.url`);
}

/** As Go's url.Parse splits: https://user@host/path?query#fragment. */
const urlParts = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/(?:([^/?#@]*)@)?([^/?#]*))?[^?#]*(?:\?([^#]*))?(?:#(.*))?$/s;

/** apiserver pkg/util/webhook/validation.go. */
function urlProblems(text: string, at: string): FieldError[] {
  const form = '; desired format: https://host[/path]';
  const [, scheme = '', user, host = '', query = '', fragment = ''] = urlParts.exec(text) ?? [];
  if (host !== '' && !URL.canParse(text.replace(/^[A-Za-z][A-Za-z0-9+.-]*:/, 'https:')))
    return [required(at, `url must be a valid URL: parse ${JSON.stringify(text)}${form}`)];
  const errors: FieldError[] = [];
  const refuse = (value: string, detail: string): number => errors.push(invalidValue(at, value, detail));
  if (scheme.toLowerCase() !== 'https') refuse(scheme, `'https' is the only allowed URL scheme${form}`);
  if (host === '') refuse(host, `host must be specified${form}`);
  if (user !== undefined) refuse(user, 'user information is not permitted in the URL');
  if (fragment !== '') refuse(fragment, 'fragments are not permitted in the URL');
  if (query !== '') refuse(query, 'query parameters are not permitted in the URL');
  return errors;
}

function serviceProblems(service: JsonRecord, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of ['name', 'namespace']) if (stringAt(service, key) === '') errors.push(required(`${at}.${key}`));
  const port = numberAt(service, 'port') ?? 443;
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    const detail = 'port is not valid: must be between 1 and 65535, inclusive';
    errors.push(invalidValue(`${at}.port`, port, detail));
  }
  const path = stringAt(service, 'path');
  if (path === '' || path === '/') return errors;
  if (!path.startsWith('/')) return [...errors, invalidValue(`${at}.path`, path, "must start with a '/'")];
  const segments = path.slice(1).replace(/\/$/, '').split('/');
  for (const [index, segment] of segments.entries()) {
    if (segment === '') errors.push(invalidValue(`${at}.path`, path, `segment[${index}] may not be empty`));
    else
      for (const problem of subdomainProblems(segment))
        errors.push(invalidValue(`${at}.path`, path, `segment[${index}]: ${problem}`));
  }
  return errors;
}

export function reviewVersionProblems(given: readonly unknown[], at: string, whenEmpty: string): FieldError[] {
  const versions = given.map(String);
  if (versions.length === 0) return [required(at, whenEmpty)];
  const errors: FieldError[] = [];
  for (const [index, version] of versions.entries()) {
    if (versions.indexOf(version) < index) {
      errors.push(invalidValue(`${at}[${index}]`, version, 'duplicate version'));
      continue;
    }
    errors.push(...label1035Problems(version).map((problem) => invalidValue(`${at}[${index}]`, version, problem)));
  }
  if (!versions.some((version) => understood.includes(version)))
    errors.push(invalidValue(at, versions, `must include at least one of ${understood.join(', ')}`));
  return errors;
}
