/** Facts about this machine, read when asked. */
import { readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, release, totalmem } from 'node:os';

export interface Machine {
  readonly cpuCount: number;
  readonly memoryBytes: number;
  readonly availableMemoryBytes: number;
  /** Of the file system that holds the data directory. */
  readonly diskBytes: number;
  readonly availableDiskBytes: number;
  readonly processCount: number;
  readonly mostProcesses: number;
  readonly bootId: string;
  readonly machineId: string;
  readonly kernelVersion: string;
  readonly operatingSystem: string;
}

export function readMachine(dataDirectory: string): Machine {
  const disk = statfsSync(dataDirectory);
  return {
    cpuCount: availableParallelism(),
    memoryBytes: totalmem(),
    availableMemoryBytes: Number(/MemAvailable:\s+(\d+)/.exec(text('/proc/meminfo'))?.[1] ?? 0) * 1024,
    diskBytes: disk.blocks * disk.bsize,
    availableDiskBytes: disk.bavail * disk.bsize,
    processCount: Number(text('/proc/loadavg').split(/[ /]/)[4] ?? 0),
    mostProcesses: Number(text('/proc/sys/kernel/pid_max')),
    bootId: text('/proc/sys/kernel/random/boot_id'),
    machineId: text('/etc/machine-id'),
    kernelVersion: release(),
    operatingSystem: /PRETTY_NAME="?([^"\n]*)/.exec(text('/etc/os-release'))?.[1] ?? 'Linux',
  };
}

/** Empty when the file is not there: a machine id, for one, is missing in many containers. */
function text(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
