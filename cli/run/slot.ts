/** The words of `diatom run` → what the tender is asked for. */
import type { Manifest } from '@diatom/libos/manifest';
import type { SlotSpec } from '@diatom/tender';
import type { OptionValues } from '../command.ts';
import { usageError } from '../failure.ts';
import { parseBytes, parseDurationMs } from '../terminal/units.ts';

const address = '127.0.0.1';

/** Ports of the image that no -p names are not opened when there is a -p, and all opened as they are when there is none. */
export function parseListen(publish: readonly string[], manifest: Manifest): SlotSpec['listen'] {
  const declared = manifest.ports.map(({ port }) => port);
  if (publish.length === 0) return declared.map((port) => ({ port, address, hostPort: port }));
  return publish.map((text) => {
    const match = /^(\d{1,5}):(\d{1,5})$/.exec(text);
    const [hostPort, port] = [Number(match?.[1]), Number(match?.[2])];
    if (match === null || hostPort > 65535) {
      throw usageError(`-p: "${text}" is not HOSTPORT:PORT`, 'Write it like 8000:8080.');
    }
    if (!declared.includes(port)) {
      const known = declared.length === 0 ? 'It has no ports.' : `Its ports: ${declared.join(', ')}.`;
      throw usageError(`-p: the image does not listen on ${port}`, known);
    }
    return { port, address, hostPort };
  });
}

export function parseEnvironment(settings: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    settings.map((setting) => {
      const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(setting) ?? [];
      if (name === undefined || value === undefined) {
        throw usageError(`-e: "${setting}" is not NAME=VALUE`, 'Write it like -e GREETING=hello.');
      }
      return [name, value];
    }),
  );
}

export interface SlotPlace {
  readonly target: SlotSpec['target'];
  readonly manifest: Manifest;
  readonly imagePath: string;
  readonly logPath: string;
  /** Of the egress of this run; without one the tender needs none. */
  readonly egressPath?: string;
}

export function slotSpec(
  options: OptionValues,
  { target, manifest, imagePath, logPath, egressPath }: SlotPlace,
): SlotSpec {
  const memory = options.text('memory');
  const idle = options.text('idle');
  const limit = options.text('time-limit');
  const idleTimeoutMs = idle === undefined ? 0 : parseDurationMs('--idle', idle);
  return {
    id: `run-${process.pid}`,
    manifest,
    target,
    imagePath,
    listen: parseListen(options.all('publish'), manifest),
    environment: parseEnvironment(options.all('env')),
    memoryLimitBytes:
      memory === undefined ? manifest.memory.maximumBytes + manifest.memory.stackBytes : parseBytes('--memory', memory),
    boot: options.has('per-connection') ? 'per-connection' : idleTimeoutMs === 0 ? 'eager' : 'lazy',
    idleTimeoutMs,
    timeLimitMs: limit === undefined ? 0 : parseDurationMs('--time-limit', limit),
    ...(egressPath === undefined ? {} : { egress: { socketPath: egressPath, scope: '' } }),
    logPath,
  };
}
