/** Lines of a container's log file: the CRI format, `<RFC 3339 with ns> <stream> <F|P> <text>`. Pure. */

export interface LogLine {
  readonly time: string;
  readonly text: string;
  /** False for a part of a line that goes on in the next record (tag P). */
  readonly isWhole: boolean;
}

export function parseLine(record: string): LogLine | undefined {
  const first = record.indexOf(' ');
  const second = record.indexOf(' ', first + 1);
  const third = record.indexOf(' ', second + 1);
  if (first < 0 || second < 0) return undefined;
  const tag = third < 0 ? record.slice(second + 1) : record.slice(second + 1, third);
  return {
    time: record.slice(0, first),
    text: third < 0 ? '' : record.slice(third + 1),
    isWhole: !tag.startsWith('P'),
  };
}

/** What GET .../log may ask for (core/v1 PodLogOptions). */
export interface LogOptions {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tailLines: number | undefined;
  readonly limitBytes: number | undefined;
  /** RFC 3339; lines from then on. */
  readonly since: string | undefined;
}

/** Throws a RangeError that names the parameter. */
export function parseLogOptions(query: URLSearchParams, nowMs: number): LogOptions {
  const flag = (name: string): boolean => ['true', '1', ''].includes(query.get(name) ?? 'no');
  const number = (name: string, least: number): number | undefined => {
    const text = query.get(name);
    if (text === null) return undefined;
    const value = Number(text);
    if (text === '' || !Number.isInteger(value) || value < least) {
      throw new RangeError(`${name}: "${text}" is not a whole number of at least ${least}`);
    }
    return value;
  };
  const seconds = number('sinceSeconds', 1);
  const sinceTime = query.get('sinceTime');
  if (sinceTime !== null && Number.isNaN(Date.parse(sinceTime))) {
    throw new RangeError(`sinceTime: "${sinceTime}" is not an RFC 3339 time`);
  }
  const since = seconds === undefined ? sinceTime : new Date(nowMs - seconds * 1000).toISOString();
  return {
    follow: flag('follow'),
    previous: flag('previous'),
    timestamps: flag('timestamps'),
    tailLines: number('tailLines', 0),
    limitBytes: number('limitBytes', 1),
    since: since === null ? undefined : new Date(since).toISOString(),
  };
}

/** Records of a file to the text a client sees. */
export function formatLine(line: LogLine, timestamps: boolean): string {
  return `${timestamps ? `${line.time} ` : ''}${line.text}${line.isWhole ? '\n' : ''}`;
}

/** Compares to the millisecond: `since` has no finer digits. */
export function isSince(line: LogLine, since: string | undefined): boolean {
  return since === undefined || line.time.slice(0, 23) >= since.slice(0, 23);
}
