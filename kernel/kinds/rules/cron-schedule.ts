/** What a CronJob's schedule may say: the five fields and macros of robfig/cron's standard parser, in its words. */

interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly names: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const fields: readonly Bounds[] = [
  { least: 0, most: 59, names: [] },
  { least: 0, most: 23, names: [] },
  { least: 1, most: 31, names: [] },
  { least: 1, most: 12, names: months },
  { least: 0, most: 6, names: days },
];

const macros: ReadonlySet<string> = new Set([
  '@yearly',
  '@annually',
  '@monthly',
  '@weekly',
  '@daily',
  '@midnight',
  '@hourly',
]);
const durationPattern = /^([-+]?\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$/;

/** What is wrong with a schedule, or nothing. */
export function scheduleProblem(schedule: string): string | undefined {
  if (schedule.startsWith('@')) return macroProblem(schedule);
  const parts = schedule.split(/\s+/).filter((part) => part !== '');
  if (parts.length !== fields.length) return `expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`;
  for (const [index, part] of parts.entries()) {
    const bounds = fields[index];
    const problem = bounds === undefined ? undefined : fieldProblem(part, bounds);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function macroProblem(schedule: string): string | undefined {
  if (macros.has(schedule)) return undefined;
  if (!schedule.startsWith('@every ')) return `unrecognized descriptor: ${schedule}`;
  const duration = schedule.slice('@every '.length);
  if (durationPattern.test(duration)) return undefined;
  return `failed to parse duration ${schedule}: time: invalid duration ${JSON.stringify(duration)}`;
}

function fieldProblem(field: string, bounds: Bounds): string | undefined {
  for (const range of field.split(',')) {
    const problem = rangeProblem(range, bounds);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function rangeProblem(text: string, { least, most, names }: Bounds): string | undefined {
  const [range = '', step, ...moreSteps] = text.split('/');
  const [low = '', high, ...moreBounds] = range.split('-');
  const number = (word: string): number | string => {
    const named = names.indexOf(word.toLowerCase());
    if (named >= 0) return named + least;
    return /^\d+$/.test(word)
      ? Number(word)
      : `failed to parse int from ${word}: strconv.Atoi: parsing ${JSON.stringify(word)}: invalid syntax`;
  };
  if (moreSteps.length > 0) return `too many slashes: ${text}`;
  if (moreBounds.length > 0) return `too many hyphens: ${text}`;
  const isAny = low === '*' || low === '?';
  const start = isAny ? least : number(low);
  if (typeof start === 'string') return start;
  const end = isAny ? most : high === undefined ? (step === undefined ? start : most) : number(high);
  if (typeof end === 'string') return end;
  const stride = step === undefined ? 1 : number(step);
  if (typeof stride === 'string') return stride;
  if (stride === 0) return `step of range should be a positive number: ${text}`;
  if (start < least) return `beginning of range (${start}) below minimum (${least}): ${text}`;
  if (end > most) return `end of range (${end}) above maximum (${most}): ${text}`;
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${text}`;
  return undefined;
}

/** Time zones as the system knows them; `Local` would mean another one on every machine. */
export function timeZoneProblem(zone: string): string | undefined {
  if (zone === '') return 'timeZone must be nil or non-empty string';
  if (zone.toLowerCase() === 'local')
    return 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return undefined;
  } catch {
    return `unknown time zone ${zone}`;
  }
}
