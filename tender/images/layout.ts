/** The documents of an OCI image layout (image-spec v1.1: image-layout.md, image-index.md, manifest.md) and their checks. */
import { layerMediaTypes, type Manifest, manifestMediaType } from '@diatom/libos/manifest';
import { isDigest } from './reference.ts';

export const layoutFile = { name: 'oci-layout', text: '{"imageLayoutVersion":"1.0.0"}\n' } as const;
export const indexMediaType = 'application/vnd.oci.image.index.v1+json';
export const imageMediaType = 'application/vnd.oci.image.manifest.v1+json';
export const referenceAnnotation = 'org.opencontainers.image.ref.name';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Index {
  readonly schemaVersion: 2;
  readonly mediaType: typeof indexMediaType;
  readonly manifests: readonly Descriptor[];
}

export interface ImageDocument {
  readonly schemaVersion: 2;
  readonly mediaType: typeof imageMediaType;
  readonly artifactType: typeof manifestMediaType;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export class ImageStoreError extends Error {
  readonly code: 'InvalidReference' | 'CorruptImage' | 'Locked';
  constructor(code: ImageStoreError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ImageStoreError';
    this.code = code;
  }
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isArrayOf = <T>(value: unknown, isItem: (item: unknown) => item is T): value is readonly T[] =>
  Array.isArray(value) && value.every(isItem);
const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
/** Words that go into messages, pod statuses and terminals: short, of printable characters, few. */
const isWord = (value: unknown): value is string => isText(value) && /^[\x20-\x7e]{0,255}$/.test(value);
const isWords = (value: unknown): boolean => isArrayOf(value, isWord) && value.length <= 256;
const mostPorts = 256;
const isPort = (value: unknown): value is { name: string; port: number } =>
  isFields(value) && isWord(value.name) && isCount(value.port) && value.port >= 1 && value.port <= 65535;
const isFunction = (value: unknown): value is { name: string; origin: string; bytes: number } =>
  isFields(value) && isText(value.name) && isText(value.origin) && isCount(value.bytes);
const isLayer = (value: unknown): value is Manifest['layers'][number] =>
  isFields(value) &&
  isText(value.role) &&
  Object.hasOwn(layerMediaTypes, value.role) &&
  isText(value.digest) &&
  isDigest(value.digest) &&
  isCount(value.sizeBytes);
const isDescriptor = (value: unknown): value is Descriptor =>
  isFields(value) && isText(value.mediaType) && isText(value.digest) && isDigest(value.digest) && isCount(value.size);

const manifestChecks: Readonly<Record<keyof Manifest, (value: unknown) => boolean>> = {
  schemaVersion: (value) => value === 1,
  machineVersion: isCount,
  name: isWord,
  created: isWord,
  generator: isWord,
  ports: (value) => isArrayOf(value, isPort) && value.length <= mostPorts,
  connect: isWords,
  memory: (value) =>
    isFields(value) && isCount(value.initialBytes) && isCount(value.maximumBytes) && isCount(value.stackBytes),
  machineCalls: isWords,
  systemCalls: isWords,
  functions: (value) => isArrayOf(value, isFunction),
  // The same three things are known of a module. Images of other programs have none.
  modules: (value) => value === undefined || isArrayOf(value, isFunction),
  layers: (value) => isArrayOf(value, isLayer),
};

export const parseJson = (text: string, path: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ImageStoreError('CorruptImage', `${path} is not JSON (${why}); remove it and build the image again`, {
      cause,
    });
  }
};

/** An image may come from anywhere: nobody reads a manifest that has not been through here. */
export const readManifest = (value: unknown, what: string): Manifest => {
  const fields = isFields(value) ? value : {};
  const wrong = Object.entries(manifestChecks).find(([name, isRight]) => !isRight(fields[name]));
  if (wrong)
    throw new ImageStoreError('CorruptImage', `${what}: the manifest's field "${wrong[0]}" is missing or wrong`);
  return value as Manifest;
};

export const readImageDocument = (value: unknown, what: string): ImageDocument => {
  if (!isFields(value) || value.mediaType !== imageMediaType || !isDescriptor(value.config)) {
    throw new ImageStoreError('CorruptImage', `${what} is not an OCI image manifest`);
  }
  if (value.config.mediaType !== manifestMediaType) {
    throw new ImageStoreError(
      'CorruptImage',
      `${what} is an OCI image, but not one of Diatom's (${value.config.mediaType})`,
    );
  }
  if (!isArrayOf(value.layers, isDescriptor)) throw new ImageStoreError('CorruptImage', `${what}: wrong layers`);
  return value as unknown as ImageDocument;
};

export const readIndex = (value: unknown, what: string): Index => {
  if (!isFields(value) || value.schemaVersion !== 2 || !isArrayOf(value.manifests, isDescriptor)) {
    throw new ImageStoreError('CorruptImage', `${what} is not an OCI image index`);
  }
  return { schemaVersion: 2, mediaType: indexMediaType, manifests: value.manifests };
};
