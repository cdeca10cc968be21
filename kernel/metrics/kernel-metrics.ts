/** Everything /metrics tells besides what is stored. */
import { statSync } from 'node:fs';
import type { InFlight } from '../http/in-flight.ts';
import { buildInfo } from '../wire/version.ts';
import type { Family, MetricsSource } from './exposition.ts';
import { eventLoopLag, processFamilies } from './process-metrics.ts';
import type { RequestMetrics } from './request-metrics.ts';

/** `storeFiles`: what the store keeps its data in. */
export function kernelMetrics(
  requests: RequestMetrics,
  inFlight: InFlight,
  storeFiles: readonly string[],
): MetricsSource {
  return async () => {
    const lag = await eventLoopLag();
    return [
      ...requests.families(),
      ...inFlightFamilies(inFlight),
      sizeFamily(storeFiles),
      ...processFamilies(),
      lag,
      buildFamily(),
    ];
  };
}

function inFlightFamilies(inFlight: InFlight): readonly Family[] {
  const { reading, writing } = inFlight.counts();
  const samples = (count: 'serving' | 'waiting') => [
    { labels: { request_kind: 'readOnly' }, value: reading[count] },
    { labels: { request_kind: 'mutating' }, value: writing[count] },
  ];
  return [
    {
      name: 'apiserver_current_inflight_requests',
      help: 'Requests being served, watches and followed logs left out.',
      type: 'gauge',
      samples: samples('serving'),
    },
    {
      name: 'apiserver_current_inqueue_requests',
      help: 'Requests waiting to be served.',
      type: 'gauge',
      samples: samples('waiting'),
    },
  ];
}

function sizeFamily(files: readonly string[]): Family {
  const sizes = files.map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0);
  const value = sizes.reduce((sum, size) => sum + size, 0);
  const samples = [{ labels: { storage_cluster_id: 'etcd-0' }, value }];
  return { name: 'apiserver_storage_size_bytes', help: 'Size of the files of the store.', type: 'gauge', samples };
}

function buildFamily(): Family {
  const { major, minor, gitVersion, gitCommit, gitTreeState, buildDate, goVersion, compiler, platform } = buildInfo;
  const labels = {
    build_date: buildDate,
    compiler,
    git_commit: gitCommit,
    git_tree_state: gitTreeState,
    git_version: gitVersion,
    go_version: goVersion,
    major,
    minor,
    platform,
  };
  return {
    name: 'kubernetes_build_info',
    help: 'The version of the API.',
    type: 'gauge',
    samples: [{ labels, value: 1 }],
  };
}
