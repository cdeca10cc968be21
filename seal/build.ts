/** From an application file to everything an image store needs: linked, shaken, observed once, compiled. */
import type { LayerRole, Manifest } from '@diatom/libos/manifest';

export interface BuildRequest {
  /** The application's entry file. A `diatom.json` beside it overrides name, ports, memory and connect. */
  readonly file: string;
  /** Overrides the name from `diatom.json`; otherwise the file's base name. */
  readonly name?: string;
}

export interface BuildResult {
  /** Everything but the layers' digests, which the image store adds. */
  readonly manifest: Omit<Manifest, 'layers'>;
  readonly layers: Readonly<Record<LayerRole, Uint8Array>>;
  readonly timings: BuildTimings;
}

export interface BuildTimings {
  readonly compileMs: number;
  readonly linkMs: number;
  readonly recordMs: number;
  readonly codegenMs: number;
  readonly totalMs: number;
}
