/** The forms of names (apimachinery pkg/util/validation/validation.go): each returns what is wrong, or nothing. */

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const qualifiedName = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${qualifiedName})?`;

const labelPattern = new RegExp(`^${label}$`);
const subdomainPattern = new RegExp(`^${subdomain}$`);
const label1035Pattern = new RegExp(`^${label1035}$`);
const qualifiedNamePattern = new RegExp(`^${qualifiedName}$`);
const labelValuePattern = new RegExp(`^${labelValue}$`);

const longest = (count: number): string => `must be no more than ${count} bytes`;

const labelMessage = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`;
const subdomainMessage = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`;
const wildcardMessage = `a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.${subdomain}')`;
const label1035Message = `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${label1035}')`;
const qualifiedNameMessage = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualifiedName}')`;
const labelValueMessage = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${labelValue}')`;

export type NameForm = 'subdomain' | 'label' | 'label-1035' | 'path-segment';

export function labelProblems(name: string): readonly string[] {
  return [...(name.length > 63 ? [longest(63)] : []), ...(labelPattern.test(name) ? [] : [labelMessage])];
}

export function subdomainProblems(name: string): readonly string[] {
  return [...(name.length > 253 ? [longest(253)] : []), ...(subdomainPattern.test(name) ? [] : [subdomainMessage])];
}

/** `*.example.com`: one label that is any, and a subdomain. */
export function wildcardProblems(name: string): readonly string[] {
  const rest = name.slice(2);
  return [
    ...(name.length > 253 ? [longest(253)] : []),
    ...(name.startsWith('*.') && subdomainPattern.test(rest) ? [] : [wildcardMessage]),
  ];
}

export function label1035Problems(name: string): readonly string[] {
  return [...(name.length > 63 ? [longest(63)] : []), ...(label1035Pattern.test(name) ? [] : [label1035Message])];
}

function pathSegmentProblems(name: string): readonly string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`);
}

const problemsByForm: Readonly<Record<NameForm, (name: string) => readonly string[]>> = {
  subdomain: subdomainProblems,
  label: labelProblems,
  'label-1035': label1035Problems,
  'path-segment': pathSegmentProblems,
};

export function nameProblems(form: NameForm, name: string): readonly string[] {
  return problemsByForm[form](name);
}

/** Label and annotation keys: `[prefix/]name`. */
export function qualifiedNameProblems(text: string): readonly string[] {
  const parts = text.split('/');
  const problems: string[] = [];
  const name = parts.length === 1 ? (parts[0] ?? '') : (parts[1] ?? '');
  if (parts.length > 2) {
    return [
      `a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualifiedName}') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  if (parts.length === 2) {
    if (parts[0] === '') problems.push('prefix part must be non-empty');
    else problems.push(...subdomainProblems(parts[0] ?? '').map((problem) => `prefix part ${problem}`));
  }
  if (name === '') problems.push('name part must be non-empty');
  else if (name.length > 63) problems.push(`name part ${longest(63)}`);
  if (!qualifiedNamePattern.test(name)) problems.push(qualifiedNameMessage);
  return problems;
}

export function labelValueProblems(text: string): readonly string[] {
  return [...(text.length > 63 ? [longest(63)] : []), ...(labelValuePattern.test(text) ? [] : [labelValueMessage])];
}
