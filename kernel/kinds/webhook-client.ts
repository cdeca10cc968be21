/** Where webhooks are: what a definition's conversion and admission say alike (apiserver pkg/util/webhook). */
import type { FieldError } from '../wire/status.ts';
import { invalidValue, required } from './field-errors.ts';
import { type JsonRecord, numberAt, recordAt, stringAt } from './json.ts';
import { label1035Problems, labelProblems } from './names.ts';

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

/** apiserver pkg/util/webhook/validation.go. */
function urlProblems(text: string, at: string): FieldError[] {
  const form = '; desired format: https://host[/path]';
  if (!URL.canParse(text)) return [required(at, `url must be a valid URL: parse ${JSON.stringify(text)}${form}`)];
  const url = new URL(text);
  const problems: string[] = [];
  if (url.protocol !== 'https:') problems.push(`'https' is the only allowed URL scheme${form}`);
  if (url.host === '') problems.push(`host must be specified${form}`);
  if (url.username !== '' || url.password !== '') problems.push('user information is not permitted in the URL');
  if (url.hash !== '') problems.push('fragments are not permitted in the URL');
  if (url.search !== '') problems.push('query parameters are not permitted in the URL');
  return problems.map((problem) => invalidValue(at, text, problem));
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
    else if (labelProblems(segment).length > 0 && !segment.includes('.'))
      errors.push(invalidValue(`${at}.path`, path, `segment[${index}]: ${labelProblems(segment).join(', ')}`));
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
