/** The image store over a directory. Everything is verified against its digest when it is read. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type LayerRole,
  layerMediaTypes,
  type Manifest,
  type ManifestLayer,
  manifestMediaType,
} from '@diatom/libos/manifest';
import type { ImageStore, StoredImage } from './images.ts';
import {
  type Descriptor,
  type ImageDocument,
  ImageStoreError,
  type Index,
  imageMediaType,
  indexMediaType,
  layoutFile,
  parseJson,
  readImageDocument,
  readIndex,
  readManifest,
  referenceAnnotation,
} from './layout.ts';
import { withFileLock } from './lock.ts';
import { isDigest, normaliseReference } from './reference.ts';

const lockTimeoutMs = 10_000;
const emptyIndex: Index = { schemaVersion: 2, mediaType: indexMediaType, manifests: [] };
const roles = Object.keys(layerMediaTypes) as LayerRole[];

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const encodeJson = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Complete or not at all, also after a power cut. */
const writeAtomically = async (path: string, bytes: Uint8Array): Promise<void> => {
  const temporary = `${path}.${randomUUID()}.part`;
  try {
    const file = await open(temporary, 'wx', 0o644);
    try {
      await file.writeFile(bytes);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
};

export const createImageStore = (directory: string): ImageStore => {
  const blobDirectory = join(directory, 'blobs', 'sha256');
  const indexPath = join(directory, 'index.json');

  const blobPath = (digest: string): string => {
    if (!isDigest(digest)) throw new ImageStoreError('InvalidReference', `"${digest}" is not a sha256 digest`);
    return join(blobDirectory, digest.slice('sha256:'.length));
  };

  const readBlob = async (digest: string): Promise<unknown> => {
    const bytes = await readFile(blobPath(digest)).catch((cause: unknown) => {
      throw new ImageStoreError('CorruptImage', `${directory}: blob ${digest} cannot be read; build the image again`, {
        cause,
      });
    });
    if (digestOf(bytes) !== digest) {
      throw new ImageStoreError(
        'CorruptImage',
        `${blobPath(digest)} does not have the digest it is named by; build the image again`,
      );
    }
    return parseJson(bytes.toString('utf8'), blobPath(digest));
  };

  const writeBlob = async (mediaType: string, bytes: Uint8Array): Promise<Descriptor> => {
    const digest = digestOf(bytes);
    const path = blobPath(digest);
    const existing = await readFile(path).catch(() => undefined);
    // Building again has to repair what a disk or somebody has changed.
    if (existing === undefined || digestOf(existing) !== digest) await writeAtomically(path, bytes);
    return { mediaType, digest, size: bytes.length };
  };

  const readIndexFile = async (): Promise<Index> => {
    try {
      return readIndex(parseJson(await readFile(indexPath, 'utf8'), indexPath), indexPath);
    } catch (error) {
      if (isMissing(error)) return emptyIndex;
      throw error;
    }
  };

  const load = async (descriptor: Descriptor): Promise<StoredImage> => {
    const { digest } = descriptor;
    const document = readImageDocument(await readBlob(digest), digest);
    const manifest = readManifest(await readBlob(document.config.digest), digest);
    return {
      reference: descriptor.annotations?.[referenceAnnotation] ?? digest,
      digest,
      manifest,
      sizeBytes: document.layers.reduce((sum, layer) => sum + layer.size, document.config.size),
    };
  };

  const prepare = async (): Promise<void> => {
    await mkdir(blobDirectory, { recursive: true });
    await writeFile(join(directory, layoutFile.name), layoutFile.text, { flag: 'wx' }).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  };

  /** One writer at a time: blobs that no index names yet are safe from the sweep of another writer. */
  const asWriter = async <T>(work: () => Promise<T>): Promise<T> => {
    await prepare();
    return withFileLock(join(directory, 'index.lock'), lockTimeoutMs, work);
  };

  /** Called by the only writer: what no image names any more goes, and what a killed writer left behind too. */
  const sweep = async (index: Index): Promise<void> => {
    const kept = new Set<string>();
    for (const { digest } of index.manifests) {
      const document = readImageDocument(await readBlob(digest), digest);
      for (const named of [digest, document.config.digest, ...document.layers.map((layer) => layer.digest)])
        kept.add(named);
    }
    for (const name of await readdir(blobDirectory)) {
      if (!kept.has(`sha256:${name}`)) await rm(join(blobDirectory, name), { force: true });
    }
  };

  const find = (index: Index, reference: string): Descriptor | undefined => {
    const digest = reference.slice(reference.indexOf('@') + 1);
    if (isDigest(digest)) return index.manifests.find((descriptor) => descriptor.digest === digest);
    const wanted = normaliseReference(reference);
    return index.manifests.find((descriptor) => descriptor.annotations?.[referenceAnnotation] === wanted);
  };

  return {
    blobPath,

    async put(reference, declared, layers) {
      const name = normaliseReference(reference);
      if (name === undefined) {
        throw new ImageStoreError(
          'InvalidReference',
          `"${reference}" is not an image name; use lower-case letters, digits, ".-_/" and an optional :tag`,
        );
      }
      return asWriter(async () => {
        const descriptors: Descriptor[] = [];
        const manifestLayers: ManifestLayer[] = [];
        for (const role of roles) {
          const bytes = layers[role];
          if (bytes === undefined) continue;
          const descriptor = await writeBlob(layerMediaTypes[role], bytes);
          descriptors.push(descriptor);
          manifestLayers.push({ role, digest: descriptor.digest, sizeBytes: descriptor.size });
        }
        const manifest: Manifest = readManifest({ ...declared, layers: manifestLayers }, name);
        const config = await writeBlob(manifestMediaType, encodeJson(manifest));
        const document: ImageDocument = {
          schemaVersion: 2,
          mediaType: imageMediaType,
          artifactType: manifestMediaType,
          config,
          layers: descriptors,
        };
        const descriptor: Descriptor = {
          ...(await writeBlob(imageMediaType, encodeJson(document))),
          annotations: { [referenceAnnotation]: name },
        };
        const index = await readIndexFile();
        const others = index.manifests.filter((other) => other.annotations?.[referenceAnnotation] !== name);
        await writeAtomically(indexPath, encodeJson({ ...index, manifests: [...others, descriptor] }));
        return load(descriptor);
      });
    },

    async get(reference) {
      const descriptor = find(await readIndexFile(), reference);
      return descriptor && load(descriptor);
    },

    async list() {
      const index = await readIndexFile();
      return Promise.all(index.manifests.map(load));
    },

    async remove(reference) {
      if (find(await readIndexFile(), reference) === undefined) return false;
      return asWriter(async () => {
        const index = await readIndexFile();
        const descriptor = find(index, reference);
        if (!descriptor) return false;
        const remaining: Index = { ...index, manifests: index.manifests.filter((other) => other !== descriptor) };
        await writeAtomically(indexPath, encodeJson(remaining));
        await sweep(remaining);
        return true;
      });
    },
  };
};
