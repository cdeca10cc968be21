/** What the labels of a namespace ask of its pods (kubernetes pod-security-admission/api/helpers.go). */
import { invalidValue } from '../../kinds/field-errors.ts';
import type { JsonRecord } from '../../kinds/json.ts';
import type { FieldError } from '../../wire/status.ts';

export const labelPrefix = 'pod-security.kubernetes.io/';

const levels = ['privileged', 'baseline', 'restricted'] as const;
export type Level = (typeof levels)[number];
export const strictness = (level: Level): number => levels.indexOf(level);

/** Minor version of Kubernetes whose checks apply, or the newest there are. */
export type Version = number | 'latest';

export interface Demand {
  readonly level: Level;
  readonly version: Version;
}

export type Mode = 'enforce' | 'audit' | 'warn';

export interface Demands extends Readonly<Record<Mode, Demand>> {
  readonly errors: readonly FieldError[];
}

/** `baseline:v1.30` */
export const tellDemand = ({ level, version }: Demand): string =>
  `${level}:${version === 'latest' ? version : `v1.${version}`}`;

/** Labels that cannot be read enforce everything, and warn of nothing. */
export function readDemands(labels: JsonRecord): Demands {
  const errors: FieldError[] = [];
  const read = <T>(name: string, parse: (text: string) => T | undefined, why: string, otherwise: T, none: T): T => {
    const key = labelPrefix + name;
    const text = labels[key];
    if (typeof text !== 'string') return none;
    const value = parse(text);
    if (value === undefined) errors.push(invalidValue(`metadata.labels[${key}]`, text, why));
    return value ?? otherwise;
  };
  const levelOf = (mode: Mode, otherwise: Level): Level =>
    read(
      mode,
      (text) => levels.find((level) => level === text),
      `must be one of ${levels.join(', ')}`,
      otherwise,
      'privileged',
    );
  const versionOf = (mode: Mode): Version =>
    read<Version>(`${mode}-version`, parseVersion, 'must be "latest" or "v1.x"', 'latest', 'latest');
  const enforce: Demand = { level: levelOf('enforce', 'restricted'), version: versionOf('enforce') };
  const audit: Demand = { level: levelOf('audit', 'privileged'), version: versionOf('audit') };
  const warn: Demand = { level: levelOf('warn', 'privileged'), version: versionOf('warn') };
  // Who only enforces is warned of the same, so that workloads tell what their pods will meet.
  const isSilent = labels[`${labelPrefix}warn`] === undefined;
  const isRead = levels.some((level) => level === labels[`${labelPrefix}enforce`]);
  if (!isSilent || !isRead || enforce.level === 'privileged') return { enforce, audit, warn, errors };
  const hasVersion = labels[`${labelPrefix}warn-version`] !== undefined;
  return {
    enforce,
    audit,
    warn: { level: enforce.level, version: hasVersion ? warn.version : enforce.version },
    errors,
  };
}

function parseVersion(text: string): Version | undefined {
  if (text === 'latest') return text;
  const minor = /^v1\.(0|[1-9]\d{0,8})$/.exec(text)?.[1];
  return minor === undefined ? undefined : Number(minor);
}
