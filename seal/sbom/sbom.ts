/**
 * What an image was made from, as CycloneDX 1.6 (ECMA-424). The same image gives the same text: no serial number and no
 * time, both of which the format leaves to choice.
 */
import { layerMediaTypes, type Manifest } from '@diatom/libos';
import { cryptographyPackage, enginePackage } from '../engine/packages.ts';
import { inspect } from '../inspect/inspect.ts';
import type { Package } from './packages.ts';

export interface SbomInput {
  readonly manifest: Manifest;
  /** Of the image: `sha256:…`. */
  readonly digest: string;
  readonly packages: readonly Package[];
}

export interface Component {
  readonly type: 'application' | 'library' | 'file';
  readonly 'bom-ref'?: string;
  readonly 'mime-type'?: string;
  readonly name: string;
  readonly version?: string;
  readonly description?: string;
  readonly purl?: string;
  readonly hashes?: readonly { readonly alg: 'SHA-256'; readonly content: string }[];
  readonly properties?: readonly Property[];
}

export interface Property {
  readonly name: string;
  readonly value: string;
}

export interface Sbom {
  readonly $schema: string;
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: '1.6';
  readonly version: 1;
  readonly metadata: { readonly tools: { readonly components: readonly Component[] }; readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
  readonly compositions: readonly { readonly aggregate: 'complete'; readonly assemblies: readonly string[] }[];
}

const applicationReference = 'application';
const npmOrigin = /^npm\//;

/** Machine code made of packages' WebAssembly. */
const packageByOrigin: Readonly<Record<string, string>> = { quickjs: enginePackage, hacl: cryptographyPackage };

const hexOf = (digest: string): string => digest.replace(/^sha256:/, '');
const npmPurl = (name: string, version: string | undefined): string =>
  `pkg:npm/${name.replace('@', '%40')}${version === undefined ? '' : `@${version}`}`;
const property = (name: string, value: string | number): Property => ({ name: `diatom:${name}`, value: String(value) });

export function sbom({ manifest, digest, packages }: SbomInput): Sbom {
  const tools = toolsOf(manifest.generator);
  const versionOf = (tool: string) => tools.find(({ name }) => name === tool)?.version;
  const functionsFrom = (origin: string) =>
    manifest.functions
      .filter((fn) => fn.origin === origin)
      .map(({ name, bytes }) => property('function', `${name} ${bytes}`));
  const npm = packages.map(
    (each): Component => ({
      type: 'library',
      'bom-ref': npmPurl(each.name, each.version),
      ...each,
      purl: npmPurl(each.name, each.version),
      properties: functionsFrom(`npm/${each.name}`),
    }),
  );
  const parts = inspect(manifest)
    .origins.filter(({ origin }) => origin !== 'app' && !npmOrigin.test(origin))
    .map(({ origin, bytes }): Component => {
      // AssemblyScript's own library is the compiler's version, some parts are packages, everything else is ours.
      const from = packageByOrigin[origin];
      const version = versionOf(from ?? origin) ?? versionOf('diatom');
      return {
        type: 'library',
        'bom-ref': origin,
        name: origin,
        ...(version === undefined ? {} : { version }),
        ...(from === undefined ? {} : { purl: npmPurl(from, version) }),
        properties: [property('code-bytes', bytes), ...functionsFrom(origin)],
      };
    });
  const layers = manifest.layers.map(
    ({ role, digest: layerDigest, sizeBytes }): Component => ({
      type: 'file',
      'bom-ref': `layer:${role}`,
      'mime-type': layerMediaTypes[role],
      name: role,
      hashes: [{ alg: 'SHA-256', content: hexOf(layerDigest) }],
      properties: [property('size-bytes', sizeBytes)],
    }),
  );
  const components = [...npm, ...parts, ...layers];
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      tools: {
        components: tools.map(({ name, version }) => ({
          type: 'application',
          name,
          version,
          ...(name === 'diatom' ? {} : { purl: npmPurl(name, version) }),
        })),
      },
      component: {
        type: 'application',
        'bom-ref': applicationReference,
        name: manifest.name,
        purl: `pkg:oci/${manifest.name}@sha256%3A${hexOf(digest)}`,
        hashes: [{ alg: 'SHA-256', content: hexOf(digest) }],
        properties: [
          ...manifest.machineCalls.map((name) => property('machine-call', name)),
          ...manifest.systemCalls.map((name) => property('system-call', name)),
          ...functionsFrom('app'),
        ],
      },
    },
    components,
    dependencies: [
      {
        ref: applicationReference,
        dependsOn: components.flatMap((component) => component['bom-ref'] ?? []),
      },
    ],
    compositions: [{ aggregate: 'complete', assemblies: [applicationReference] }],
  };
}

/** `diatom 0.1.0 assemblyscript@0.28.20 …`, as the build writes it. */
function toolsOf(generator: string): readonly { readonly name: string; readonly version: string }[] {
  const [own = '', ownVersion = '', ...others] = generator.split(' ');
  return [
    { name: own, version: ownVersion },
    ...others.map((word) => {
      const at = word.lastIndexOf('@');
      return { name: word.slice(0, at), version: word.slice(at + 1) };
    }),
  ];
}
