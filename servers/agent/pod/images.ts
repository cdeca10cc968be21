/** What the kubelet says about an image that is not there (kubelet/images/image_manager.go). Pure. */
import type { Container } from '@diatom/sdk';
import type { ContainerMessage } from '../container/container.ts';

export interface MissingImage {
  readonly reason: 'ErrImageNeverPull' | 'ErrImagePull' | 'ImagePullBackOff';
  readonly message: string;
  readonly event: ContainerMessage;
}

/** `attempts`: how often it was looked for before. */
export function missingImage(container: Container, storeDirectory: string, attempts: number): MissingImage {
  const image = container.image ?? '';
  if (container.imagePullPolicy === 'Never') {
    const message = `Container image "${image}" is not present with pull policy of Never`;
    return { reason: 'ErrImageNeverPull', message, event: { type: 'Warning', reason: 'ErrImageNeverPull', message } };
  }
  const why = `Failed to pull image "${image}": it is not in this node's image store ${storeDirectory} and no registry is configured; put it there with: diatom build FILE -t ${image}`;
  if (attempts === 0) {
    return { reason: 'ErrImagePull', message: why, event: { type: 'Warning', reason: 'Failed', message: why } };
  }
  return {
    reason: 'ImagePullBackOff',
    message: `Back-off pulling image "${image}": ErrImagePull: ${why}`,
    event: { type: 'Normal', reason: 'BackOff', message: `Back-off pulling image "${image}"` },
  };
}
