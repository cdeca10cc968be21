/** The RuntimeClasses a cell has: one row each, named after the handlers of its nodes (servers/agent/pod/runtime.ts). */
import { hvtLabel } from '@diatom/servers/agent/settings.ts';
import type { CellOptions } from './options.ts';

export interface RuntimeClassRow {
  readonly name: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
}

const rows: Readonly<Record<CellOptions['tender']['kind'], readonly RuntimeClassRow[]>> = {
  process: [
    { name: 'process' },
    // Nodes where KVM does not work lack the label: pods wait there with a message instead of failing.
    { name: 'hvt', nodeSelector: { [hvtLabel]: 'true' } },
  ],
  node: [{ name: 'node' }],
};

export function runtimeClasses(tender: CellOptions['tender']): readonly RuntimeClassRow[] {
  return rows[tender.kind];
}

/** As the API takes it. */
export function runtimeClassObject({ name, nodeSelector }: RuntimeClassRow) {
  return {
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    metadata: { name },
    handler: name,
    ...(nodeSelector === undefined ? {} : { scheduling: { nodeSelector } }),
  };
}
