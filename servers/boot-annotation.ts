/** The wish for an instance per connection, on a pod (the agent reads it) or on a Service in front of pods (agent and gateway). */
import type { Service } from '@diatom/sdk';

export const bootAnnotation = 'diatom.dev/boot';
export const perConnection = 'per-connection';

/** Why nobody can fulfil what a Service asks for; undefined when it asks for nothing or for what the agent sees to. */
export function bootProblem({ metadata, spec }: Service): string | undefined {
  const wish = metadata.annotations?.[bootAnnotation];
  if (wish === undefined) return undefined;
  if (wish !== perConnection) {
    return `annotation ${bootAnnotation}: "${wish}" is not known; the only value is ${perConnection}`;
  }
  if (Object.keys(spec?.selector ?? {}).length > 0) return undefined;
  return `annotation ${bootAnnotation}: a Service without a selector says nothing of the pods that would have to boot for each connection`;
}
