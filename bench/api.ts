/** api: the kernel beside etcd and kube-apiserver: writes, reads, lists, watches, start and memory (docs/bench.md). */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { versions } from '@diatom/cli/version.ts';
import { prepareDiatom, startDiatom } from './api/diatom.ts';
import { startEtcd } from './api/etcd.ts';
import { compareWithKubernetes } from './api/goals.ts';
import { kubeApiserver, startKubeApiserver } from './api/kube-apiserver.ts';
import { connections, measureServer, measures, type Note, objects, valueBytes } from './api/measure.ts';
import type { KeyValueServer } from './api/stores.ts';
import { loadProcessor, pinning, pinThisThread } from './measure/processors.ts';
import { type Report, Samples, type SkippedRow } from './report.ts';

const run = promisify(execFile);
const rounds = 3;
const name = `${objects} objects of ${valueBytes} bytes`;

interface Subject {
  readonly name: string;
  /** What is no part of a start. */
  readonly prepare?: (directory: string) => Promise<void>;
  /** Undefined: it is not here. */
  readonly version: () => Promise<string | undefined>;
  readonly missing: string;
  start(version: string, directory: string): Promise<KeyValueServer>;
}

const subjects: readonly Subject[] = [
  {
    name: 'diatom',
    version: async () => versions().diatom,
    missing: '',
    prepare: prepareDiatom,
    start: (version, directory) => startDiatom(version, directory, connections),
  },
  {
    name: 'etcd',
    version: () => versionOf('etcd', /etcd Version: (\S+)/),
    missing: 'etcd is not installed: apt-get install etcd-server',
    start: (version, directory) => startEtcd('etcd', version, directory, connections),
  },
  {
    name: 'kube-apiserver',
    version: () => versionOf(kubeApiserver, /v(\S+)/),
    missing: 'no kube-apiserver on the PATH; KUBE_APISERVER may name one, and etcd has to be installed',
    start: (version, directory) => startKubeApiserver(version, directory, connections),
  },
];

const versionOf = (program: string, pattern: RegExp): Promise<string | undefined> =>
  run(program, ['--version']).then(
    ({ stdout }) => pattern.exec(stdout)?.[1] ?? 'unknown',
    () => undefined,
  );

/** `names` of subjects and of measures leave out the others. */
export async function benchApi(progress: (text: string) => void, names: readonly string[] = []): Promise<Report> {
  const known = [...subjects.map((subject) => subject.name), ...measures];
  const unknown = names.find((asked) => !known.includes(asked));
  if (unknown !== undefined) throw new Error(`there is no ${unknown}; there are ${known.join(', ')}`);
  const chosen = measures.filter((measure) => names.includes(measure));
  const isAsked = ({ name }: Subject): boolean =>
    !subjects.some((subject) => names.includes(subject.name)) || names.includes(name);
  const samples = new Samples(name);
  const conditions: Record<string, string> = {};
  const skipped: SkippedRow[] = [];
  const present: { readonly subject: Subject; readonly version: string }[] = [];
  for (const subject of subjects.filter(isAsked)) {
    const version = await subject.version();
    if (version === undefined) skipped.push({ case: name, subject: subject.name, skipped: subject.missing });
    else present.push({ subject, version });
  }
  const directory = await mkdtemp(join(tmpdir(), 'diatom-bench-'));
  pinThisThread(loadProcessor);
  try {
    for (const { subject } of present) await subject.prepare?.(join(directory, `prepare-${subject.name}`));
    for (let round = 0; round < rounds; round++) {
      for (const { subject, version } of present) {
        const server = await subject.start(version, join(directory, `${round}-${subject.name}`));
        conditions[server.name] = server.version;
        const note: Note = (metric, amount) => samples.add(server.name, metric, amount);
        const tell = (what: string): void => progress(`round ${round + 1} of ${rounds}: ${server.name} ${what}`);
        try {
          await measureServer(server, note, tell, chosen.length === 0 ? measures : chosen);
        } finally {
          await server.stop();
        }
      }
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  conditions.processors = pinning;
  conditions.load = `${connections} connections with TLS, one client in Node; it is the limit where load_busy is near 1`;
  const rows = samples.rows();
  return { bench: 'api', rows: [...rows, ...compareWithKubernetes(name, rows), ...skipped], conditions };
}
