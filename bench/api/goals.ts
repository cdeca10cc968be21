/**
 * Our numbers over kube-apiserver's: its own where it was measured; otherwise those it has on a machine where etcd makes as
 * many puts as here, scaled by what etcd makes in this run.
 */
import type { MeasuredRow } from '../report.ts';

/** kube-apiserver 1.20 over etcd, 32 connections with TLS, ConfigMaps of 1 KB; etcd alone makes this many puts there. */
const reference = {
  etcdPutsPerSecond: 9_069,
  perSecond: { create: 1_885, get: 3_710, update: 2_765, list: 14 },
} as const;

export function compareWithKubernetes(name: string, rows: readonly MeasuredRow[]): readonly MeasuredRow[] {
  const medianOf = (subject: string, metric: string): number | undefined =>
    rows.find((row) => row.subject === subject && row.metric === metric)?.median;
  const etcd = medianOf('etcd', 'create_per_s');
  return Object.entries(reference.perSecond).flatMap(([what, perSecond]) => {
    const ours = medianOf('diatom', `${what}_per_s`);
    const scaled = etcd === undefined ? perSecond : (perSecond * etcd) / reference.etcdPutsPerSecond;
    const theirs = medianOf('kube-apiserver', `${what}_per_s`) ?? scaled;
    if (ours === undefined) return [];
    const value = Number((ours / theirs).toPrecision(3));
    const row = { case: name, subject: 'diatom', metric: `${what}_over_kube_apiserver`, runs: 1 };
    return [{ ...row, median: value, min: value, max: value }];
  });
}
