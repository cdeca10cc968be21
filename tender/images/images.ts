/**
 * The local image store: an OCI image layout (image-spec v1.1: oci-layout, index.json, blobs/sha256/*) in one
 * directory. `diatom build` writes it, tenders and the agent read it. Blobs are immutable and named by digest, so a
 * reader never sees a half-written image: index.json is replaced by rename, last.
 */
import type { LayerRole, Manifest } from '@diatom/libos/manifest';

export interface StoredImage {
  /** `hello`, `hello:1.2`; without a tag `latest` is meant. */
  readonly reference: string;
  /** Digest of the OCI manifest. */
  readonly digest: string;
  readonly manifest: Manifest;
  readonly sizeBytes: number;
}

export interface ImageStore {
  put(
    reference: string,
    manifest: Omit<Manifest, 'layers'>,
    layers: Readonly<Partial<Record<LayerRole, Uint8Array>>>,
  ): Promise<StoredImage>;
  /** By reference or digest. */
  get(reference: string): Promise<StoredImage | undefined>;
  list(): Promise<readonly StoredImage[]>;
  remove(reference: string): Promise<boolean>;
  /** Path of a blob, for mapping. */
  blobPath(digest: string): string;
}
