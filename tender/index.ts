/**
 * tender: the host side of the machine ABI. Starts one image, enforces its manifest, stops it, says in words why it
 * ended. It knows images and sockets; it never knows pods.
 */

export {
  createDialer,
  type Dial,
  type DialerOptions,
  type DialRequest,
  EgressError,
  type EgressRules,
} from './egress/dial.ts';
export { type Egress, type EgressOptions, startEgress } from './egress/egress.ts';
export type { ImageStore, StoredImage } from './images/images.ts';
export { ImageStoreError } from './images/layout.ts';
export { createImageStore } from './images/store.ts';
export * from './instances.ts';
export { createNodeTender, type NodeTenderOptions } from './node/index.ts';
export { nativeTenderSource } from './process/build-options.ts';
export { connectProcessTender, type ProcessTender, type ProcessTenderOptions } from './process/client.ts';
export { probeHvt } from './process/probe.ts';
export { type RunOptions, runImage, writeRunSpec } from './process/run.ts';
export { runVirtio, type VirtioRunOptions } from './virtio/run.ts';
