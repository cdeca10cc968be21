/** Which outgoing connections a pod lets its images make: what their manifests say, or none. Pure. */
import type { Pod } from '@diatom/sdk';

export const connectAnnotation = 'diatom.dev/connect';
const noConnections = 'none';

export interface PodEgress {
  /** Whatever the manifest allows, the pod does not. */
  readonly isClosed: boolean;
  readonly problems: readonly string[];
}

export function egressOf(pod: Pod): PodEgress {
  const asked = pod.metadata.annotations?.[connectAnnotation];
  if (asked === undefined) return { isClosed: false, problems: [] };
  if (asked === noConnections) return { isClosed: true, problems: [] };
  const problem = `annotation ${connectAnnotation}: "${asked}" is not known; the only value is ${noConnections}`;
  return { isClosed: true, problems: [problem] };
}
