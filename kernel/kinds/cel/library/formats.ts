/** `format.dns1123Label().validate(x)`: named formats that say what is wrong (apiserver pkg/cel/library/format.go). */
import {
  label1035Problems,
  labelProblems,
  labelValueProblems,
  qualifiedNameProblems,
  subdomainProblems,
} from '../../names.ts';
import { global, member, type Overload, prices } from '../overload.ts';
import { listOf, opaque, optionalOf, string } from '../type.ts';
import { Opaque, Optional, parseDuration, parseTimestamp } from '../value.ts';

type Check = (text: string) => readonly string[];

const throws = (check: () => unknown): boolean => {
  try {
    check();
    return false;
  } catch {
    return true;
  }
};

const asPrefix =
  (check: Check): Check =>
  (text) =>
    check(text.endsWith('-') ? `${text.slice(0, -1)}a` : text);
const says =
  (isRight: (text: string) => boolean, message: string): Check =>
  (text) =>
    isRight(text) ? [] : [message];

const checks: Readonly<Record<string, Check>> = {
  dns1123Label: labelProblems,
  dns1123Subdomain: subdomainProblems,
  dns1035Label: label1035Problems,
  qualifiedName: qualifiedNameProblems,
  dns1123LabelPrefix: asPrefix(labelProblems),
  dns1123SubdomainPrefix: asPrefix(subdomainProblems),
  dns1035LabelPrefix: asPrefix(label1035Problems),
  labelValue: labelValueProblems,
  uri: says((text) => URL.canParse(text), 'invalid URI'),
  uuid: says(
    (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text),
    'does not match the UUID format',
  ),
  byte: says((text) => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text), 'invalid base64'),
  date: says((text) => /^\d{4}-\d\d-\d\d$/.test(text) && !throws(() => parseTimestamp(text)), 'invalid date'),
  datetime: says((text) => text.length > 10 && !throws(() => parseTimestamp(text)), 'invalid datetime'),
  duration: says((text) => !throws(() => parseDuration(text)), 'invalid duration'),
};

const formatType = opaque('kubernetes.NamedFormat');

class FormatValue extends Opaque {
  readonly typeName = 'kubernetes.NamedFormat';
  readonly name: string;
  readonly check: Check;
  constructor(name: string, check: Check) {
    super();
    this.name = name;
    this.check = check;
  }
  equals(other: Opaque): boolean {
    return other instanceof FormatValue && other.name === this.name;
  }
}

function validate({ check }: FormatValue, text: string): Optional {
  const problems = check(text);
  return problems.length === 0 ? Optional.none : new Optional(problems);
}

export const formats: readonly Overload[] = [
  ...Object.entries(checks).map(([name, check]) =>
    global(`format.${name}`, [], formatType, () => new FormatValue(name, check)),
  ),
  global('format.named', [string], optionalOf(formatType), (name: string) => {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    return check === undefined ? Optional.none : new Optional(new FormatValue(name, check));
  }),
  member('validate', [formatType, string], optionalOf(listOf(string)), validate, {
    cost: (sizes) => prices.first.cost(sizes.slice(1)) * 32,
  }),
];
