/** npm packages whose source an application was compiled from. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Package {
  readonly name: string;
  /** Undefined where the package does not say. */
  readonly version?: string;
}

const inPackage = /^(.*[/\\]node_modules[/\\])((?:@[^/\\]+[/\\])?[^/\\]+)[/\\]/;

/** By the files that were read, sorted by name. */
export async function packagesOf(files: readonly string[]): Promise<readonly Package[]> {
  const roots = new Map<string, string>();
  for (const file of files) {
    const [, folder, name] = inPackage.exec(file) ?? [];
    if (folder !== undefined && name !== undefined) roots.set(join(folder, name), name.replace('\\', '/'));
  }
  const packages = await Promise.all([...roots].map(([root, name]) => readPackage(root, name)));
  return packages.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function readPackage(root: string, name: string): Promise<Package> {
  try {
    const { version }: { version?: unknown } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    return typeof version === 'string' ? { name, version } : { name };
  } catch {
    // A folder somebody put there by hand needs no package.json to be compiled.
    return { name };
  }
}
