/**
 * vm: from a spawn to the first console line and the first HTTP response, image size, host memory of an idle instance; a
 * virtual machine per request; five hundred idle ones. Subjects take turns, run by run (docs/bench.md).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './measure/ports.ts';
import { createProber, type Prober } from './measure/prober.ts';
import { pinning } from './measure/processors.ts';
import { type MeasuredRow, type Report, type Row, Samples, type SkippedRow } from './report.ts';
import { measureHostMemory } from './vm/host-memory.ts';
import { manyInstances, measureMany } from './vm/many.ts';
import { measurePerRequest, perRequestConnections } from './vm/per-request.ts';
import type { PreparedVm, ReadyVm, VmSubject } from './vm/subject.ts';
import { diatomHvt, diatomProcess } from './vm/subjects/diatom.ts';
import { qemuLinux } from './vm/subjects/qemu-linux.ts';
import { qemuMicrovm } from './vm/subjects/qemu-microvm.ts';
import { nothing } from './vm/subjects/true.ts';

const runs = 15;
/** Dropped: the first ones read files from the disk. */
const warmUpRuns = 2;
const memoryRuns = 3;
const perRequestRuns = 3;

const subjects: readonly VmSubject[] = [
  diatomHvt,
  diatomProcess,
  qemuMicrovm('kvm'),
  qemuMicrovm('tcg'),
  qemuLinux('kvm'),
  qemuLinux('tcg'),
  nothing,
];

interface Subject {
  readonly subject: VmSubject;
  readonly vm: ReadyVm;
  readonly samples: Samples;
}

type Progress = (text: string) => void;

export async function benchVm(progress: Progress): Promise<Report> {
  const directory = await mkdtemp(join(tmpdir(), 'diatom-bench-'));
  try {
    const prober = await createProber(directory);
    const { ready, skipped, conditions } = await prepareAll(directory, prober, progress);
    for (const { vm, samples, subject } of ready) samples.add(subject.name, 'image_bytes', vm.imageBytes);
    await measureStarts(ready, prober, progress);
    await measureMemory(ready, progress);
    const hvtRows = ready.some(({ subject }) => subject === diatomHvt) ? await measureHvt(directory, progress) : [];
    const rows = ready.flatMap(({ samples }) => samples.rows());
    return {
      bench: 'vm',
      rows: [...rows, ...hvtRows, ...ratios(rows), ...skipped],
      conditions: {
        ...conditions,
        processors: pinning,
        true: 'says nothing: its first line is its end',
        host_kb: "host_pss_kb and what the kernel's own counters grew by, over all instances at once",
        host_pss_kb: 'proportional set size of the processes: own pages, and the share of shared ones',
        host_available_kb: 'MemAvailable before less after: whatever else runs on the machine is in it',
      },
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function prepareAll(directory: string, prober: Prober, progress: Progress) {
  const ready: Subject[] = [];
  const skipped: SkippedRow[] = [];
  const conditions: Record<string, string> = {};
  for (const subject of subjects) {
    const name = `${subject.name} (${subject.case})`;
    progress(`preparing ${name}`);
    const prepared = await tryOut(await prepare(subject, join(directory, subject.name + subject.case)), prober);
    if (prepared.kind === 'skipped') {
      skipped.push({ case: subject.case, subject: subject.name, skipped: prepared.why });
      continue;
    }
    ready.push({ subject, vm: prepared, samples: new Samples(subject.case) });
    conditions[name] = prepared.version;
    if (prepared.http !== 'yes') {
      skipped.push({ case: subject.case, subject: subject.name, skipped: `first_response_ms: ${prepared.http.no}` });
    }
  }
  return { ready, skipped, conditions };
}

async function prepare(subject: VmSubject, directory: string): Promise<PreparedVm> {
  try {
    return await subject.prepare(directory);
  } catch (error) {
    return { kind: 'skipped', why: messageOf(error) };
  }
}

/** One start that is not measured: a monitor may be installed and still not run here. */
async function tryOut(prepared: PreparedVm, prober: Prober): Promise<PreparedVm> {
  if (prepared.kind === 'skipped') return prepared;
  try {
    await startOnce(prepared, prober);
    return prepared;
  } catch (error) {
    return { kind: 'skipped', why: `it does not run here: ${messageOf(error)}` };
  }
}

async function measureStarts(ready: readonly Subject[], prober: Prober, progress: Progress): Promise<void> {
  for (let run = -warmUpRuns; run < runs; run += 1) {
    progress(run < 0 ? 'warming up' : `start ${run + 1} of ${runs}`);
    for (const { subject, vm, samples } of ready) {
      const { firstLineMs, firstResponseMs } = await startOnce(vm, prober);
      if (run < 0) continue;
      samples.add(subject.name, 'first_line_ms', firstLineMs);
      if (vm.http === 'yes') samples.add(subject.name, 'first_response_ms', firstResponseMs);
    }
  }
}

async function startOnce(
  vm: ReadyVm,
  probe: Prober,
): Promise<{ readonly firstLineMs: number; readonly firstResponseMs: number }> {
  const port = await freePort();
  const boot = await probe(await vm.command(port), vm.http === 'yes' ? port : 0, vm.line);
  await boot.stop();
  return boot;
}

async function measureMemory(ready: readonly Subject[], progress: Progress): Promise<void> {
  for (let run = 0; run < memoryRuns; run += 1) {
    for (const { subject, vm, samples } of ready) {
      if (vm.instances === 0) continue;
      progress(`memory ${run + 1} of ${memoryRuns}: ${vm.instances} idle instances of ${subject.name}`);
      const { withKernelKb, pssKb, availableKb } = await measureHostMemory(vm);
      samples.add(subject.name, 'host_kb', withKernelKb);
      samples.add(subject.name, 'host_pss_kb', pssKb);
      samples.add(subject.name, 'host_available_kb', availableKb);
    }
  }
}

async function measureHvt(directory: string, progress: Progress): Promise<readonly Row[]> {
  const request = new Samples('vm-per-request');
  progress(`a virtual machine per request, ${perRequestConnections} connections`);
  await measurePerRequest(join(directory, 'per-request'), perRequestRuns, ({ requests, failed, seconds }) => {
    request.add(diatomHvt.name, 'requests_per_s', requests / seconds);
    request.add(diatomHvt.name, 'failed', failed);
  });
  const many = new Samples(`idle-${manyInstances}`);
  progress(`${manyInstances} idle instances`);
  const { startMs, memory, answering } = await measureMany(join(directory, 'many'));
  many.add(diatomHvt.name, 'start_all_ms', startMs);
  many.add(diatomHvt.name, 'host_mb', memory.withKernelKb / 1024);
  many.add(diatomHvt.name, 'host_pss_mb', memory.pssKb / 1024);
  many.add(diatomHvt.name, 'host_available_mb', memory.availableKb / 1024);
  many.add(diatomHvt.name, 'answering', answering);
  return [...request.rows(), ...many.rows()];
}

const compared: readonly string[] = ['first_line_ms', 'first_response_ms', 'host_kb'];

/** Median over the median of diatom-hvt, so that above 1 means slower or larger. */
function ratios(rows: readonly MeasuredRow[]): readonly MeasuredRow[] {
  return rows.flatMap((row) => {
    if (!compared.includes(row.metric)) return [];
    const ours = rows.find(({ subject, metric }) => subject === diatomHvt.name && metric === row.metric);
    if (ours === undefined || ours === row || ours.median === 0) return [];
    const ratio = Number((row.median / ours.median).toPrecision(3));
    const values = { median: ratio, min: ratio, max: ratio, runs: row.runs };
    return [{ case: row.case, subject: row.subject, metric: `${row.metric}_over_hvt`, ...values }];
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}
