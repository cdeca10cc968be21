/** Versions a bug report needs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { machineVersion } from '@diatom/libos/abi';

export interface Versions {
  readonly diatom: string;
  readonly node: string;
  /** Of the machine ABI. */
  readonly machine: number;
  readonly platform: string;
}

export function versions(): Versions {
  const path = join(import.meta.dirname, 'package.json');
  const content: { version: string } = JSON.parse(readFileSync(path, 'utf8'));
  return {
    diatom: content.version,
    node: process.versions.node,
    machine: machineVersion,
    platform: `${process.platform}-${process.arch}`,
  };
}
