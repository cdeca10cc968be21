/** The servers of a cell: one row each. Adding a server to the cell is adding its row. */

export interface ServerRow {
  readonly name: string;
  /** The module that exports `server`, as imported from this room. */
  readonly module: string;
}

export const serverTable: readonly ServerRow[] = [
  { name: 'namespaces', module: '@diatom/servers/namespaces/index.ts' },
  { name: 'gc', module: '@diatom/servers/gc/index.ts' },
  { name: 'deployments', module: '@diatom/servers/workloads/deployments/index.ts' },
  { name: 'replicasets', module: '@diatom/servers/workloads/replicasets/index.ts' },
  { name: 'scheduler', module: '@diatom/servers/scheduler/index.ts' },
  { name: 'endpoints', module: '@diatom/servers/endpoints/index.ts' },
  { name: 'quota', module: '@diatom/servers/quota/index.ts' },
  { name: 'agent', module: '@diatom/servers/agent/index.ts' },
  { name: 'gateway', module: '@diatom/servers/gateway/index.ts' },
];

/** Heap of a server. The young generation is kept small: it is what makes a mostly idle thread cheap. */
export const serverLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64, stackSizeMb: 2 } as const;

/** The kernel holds objects of many requests at once; its data itself is in the store. */
export const kernelLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 256, stackSizeMb: 4 } as const;
