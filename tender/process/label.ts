/**
 * What the tender keeps for its clients with each slot, unread: enough for a client that connects later to describe
 * an exit in words.
 */
import { dirname, join } from 'node:path';
import { symbolsRoles } from '@diatom/libos/manifest';
import type { SlotSpec } from '../instances.ts';

export interface Label {
  readonly name: string;
  readonly memoryLimitBytes: number;
  readonly timeLimitMs: number;
  /** Path of the symbols layer beside the image, if it has one. */
  readonly symbolsPath?: string;
}

export const labelOf = (spec: SlotSpec): Label => {
  const symbols = spec.manifest.layers.find((layer) => layer.role === symbolsRoles[spec.target]);
  const { name } = spec.manifest;
  const { memoryLimitBytes, timeLimitMs } = spec;
  if (!symbols) return { name, memoryLimitBytes, timeLimitMs };
  // Layers lie beside each other in blobs/sha256/, named by their digests.
  const symbolsPath = join(dirname(spec.imagePath), symbols.digest.replace('sha256:', ''));
  return { name, memoryLimitBytes, timeLimitMs, symbolsPath };
};

export const encodeLabel = (spec: SlotSpec): string => JSON.stringify(labelOf(spec));

export const decodeLabel = (text: string): Label => {
  try {
    const { name, memoryLimitBytes, timeLimitMs, symbolsPath } = JSON.parse(text) as Partial<Label>;
    return {
      name: String(name),
      memoryLimitBytes: Number(memoryLimitBytes),
      timeLimitMs: Number(timeLimitMs ?? 0),
      ...(typeof symbolsPath === 'string' ? { symbolsPath } : {}),
    };
  } catch {
    return { name: 'unknown', memoryLimitBytes: 0, timeLimitMs: 0 };
  }
};
