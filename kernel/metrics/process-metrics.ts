/** What the kernel's process takes, looked up when somebody asks. */
import { readdirSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { type Family, single } from './exposition.ts';

/** Names and meanings as every Prometheus client library has them. */
export function processFamilies(): readonly Family[] {
  const { user, system } = process.cpuUsage();
  const memory = process.memoryUsage();
  const { idle, active } = performance.eventLoopUtilization();
  return [
    single(
      'counter',
      'process_cpu_seconds_total',
      'Processor time, user and system, in seconds.',
      (user + system) / 1e6,
    ),
    single('gauge', 'process_resident_memory_bytes', 'Resident memory.', memory.rss),
    single(
      'gauge',
      'process_start_time_seconds',
      'When the process began, in seconds since 1970.',
      performance.timeOrigin / 1000,
    ),
    ...linuxFamilies(),
    single('gauge', 'nodejs_heap_size_used_bytes', 'JavaScript heap in use.', memory.heapUsed),
    single('gauge', 'nodejs_heap_size_total_bytes', 'JavaScript heap.', memory.heapTotal),
    single(
      'gauge',
      'nodejs_external_memory_bytes',
      'Memory outside of the heap that objects in it hold.',
      memory.external,
    ),
    single('counter', 'diatom_eventloop_active_seconds_total', 'Time the event loop was at work.', active / 1000),
    single('counter', 'diatom_eventloop_idle_seconds_total', 'Time the event loop waited.', idle / 1000),
  ];
}

/** Nothing where /proc is not there to be read. */
function linuxFamilies(): readonly Family[] {
  try {
    const virtualPages = Number(readFileSync('/proc/self/statm', 'latin1').split(' ')[0]);
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
    return [
      single('gauge', 'process_virtual_memory_bytes', 'Virtual memory.', virtualPages * pageBytes),
      single('gauge', 'process_open_fds', 'Open file descriptors.', readdirSync('/proc/self/fd').length),
      ...(limit === undefined
        ? []
        : [single('gauge', 'process_max_fds', 'Most file descriptors that may be open.', Number(limit))]),
    ];
  } catch {
    return [];
  }
}

const pageBytes = 4096;

/** How long something that is due now has to wait. */
export async function eventLoopLag(): Promise<Family> {
  const dueMs = performance.now();
  await new Promise((resolve) => setImmediate(resolve));
  const seconds = (performance.now() - dueMs) / 1000;
  return single(
    'gauge',
    'nodejs_eventloop_lag_seconds',
    'Wait of a task that is due, measured by this very request.',
    seconds,
  );
}
