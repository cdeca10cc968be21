/** Numbers as people write and read them: bytes as Kubernetes quantities, times as Go durations. */
import { usageError } from '../failure.ts';

const byteUnits: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 60e3, h: 3600e3 };

/** `16Mi`, `64k`, `1048576` → bytes. */
export function parseBytes(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kMG]|[KMG]i|)$/.exec(text);
  const unit = byteUnits[match?.[2] ?? '?'];
  if (match === null || unit === undefined) {
    throw usageError(`${option}: "${text}" is not an amount of memory`, 'Write it like 16Mi, 512Ki or 1Gi.');
  }
  return Math.floor(Number(match[1]) * unit);
}

/** `30s`, `1m30s`, `500ms`, `0` → milliseconds. */
export function parseDurationMs(option: string, text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (text === '0') return 0;
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) {
    throw usageError(`${option}: "${text}" is not a duration`, 'Write it like 30s, 500ms or 1m30s; 0 means never.');
  }
  return Math.round(
    parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (durationUnits[unit ?? ''] ?? 0), 0),
  );
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const [unit, size] = bytes < 2 ** 20 ? ['KiB', 2 ** 10] : bytes < 2 ** 30 ? ['MiB', 2 ** 20] : ['GiB', 2 ** 30];
  const amount = bytes / Number(size);
  return `${amount >= 100 || Number.isInteger(amount) ? amount.toFixed(0) : amount.toFixed(1)} ${unit}`;
}

export function formatMs(ms: number): string {
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  if (ms < 1000) return `${ms.toFixed(0)} ms`;
  return `${(ms / 1000).toFixed(1)} s`;
}
