/** Every subject of a benchmark made ready, or a row that says why it is not there. */
import { join } from 'node:path';
import type { SkippedRow } from '../report.ts';
import type { Prepared, Subject } from './subject.ts';

export interface PreparedSubjects {
  readonly ready: readonly { readonly name: string; readonly prepared: Extract<Prepared, { kind: 'ready' }> }[];
  readonly skipped: readonly SkippedRow[];
  readonly versions: Readonly<Record<string, string>>;
}

export async function prepareAll(
  name: string,
  subjects: readonly Subject[],
  directory: string,
): Promise<PreparedSubjects> {
  const ready: { name: string; prepared: Extract<Prepared, { kind: 'ready' }> }[] = [];
  const skipped: SkippedRow[] = [];
  const versions: Record<string, string> = {};
  for (const subject of subjects) {
    const prepared = await subject.prepare(join(directory, subject.name));
    if (prepared.kind === 'ready') {
      ready.push({ name: subject.name, prepared });
      versions[subject.name] = prepared.version;
    } else skipped.push({ case: name, subject: subject.name, skipped: prepared.why });
  }
  return { ready, skipped, versions };
}
