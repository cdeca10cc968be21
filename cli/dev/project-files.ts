/** The files of a new project (`diatom new`), by path. */
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const service = `/** What the pod sets: from its \`env\`, Secrets and ConfigMaps. Locally: diatom dev service.ts --env GREETING=Hello */
export interface Env {
  readonly GREETING?: string;
}

export default {
  fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname !== '/') return Response.json({ error: \`nothing at \${url.pathname}\` }, { status: 404 });
    const name = url.searchParams.get('name') ?? 'world';
    return new Response(\`\${env.GREETING ?? 'Hello'}, \${name}\\n\`);
  },
} satisfies Application<Env>;
`;

const serviceTest = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import service, { type Env } from './service.ts';

const context = { waitUntil: () => {}, passThroughOnException: () => {} };

const ask = async (path: string, env: Env = {}) => service.fetch(new Request(\`http://localhost\${path}\`), env, context);

test('it greets by name', async () => {
  assert.equal(await (await ask('/?name=you')).text(), 'Hello, you\\n');
});

test('the greeting comes from the environment', async () => {
  assert.equal(await (await ask('/', { GREETING: 'Salut' })).text(), 'Salut, world\\n');
});

test('other paths are not found', async () => {
  assert.equal((await ask('/elsewhere')).status, 404);
});
`;

const packageJson = (name: string): string =>
  `${JSON.stringify(
    {
      name,
      version: '0.1.0',
      private: true,
      type: 'module',
      scripts: {
        dev: 'diatom dev service.ts',
        build: 'diatom build service.ts',
        // Named, so that a Node too old to run it says so instead of finding no test.
        test: 'node --test service.test.ts',
        typecheck: 'tsc --noEmit',
      },
      devDependencies: { typescript: '7.0.2' },
      engines: { node: '>=22.18' },
    },
    null,
    2,
  )}\n`;

const tsconfig = `{
  "compilerOptions": {
    "target": "esnext",
    "lib": ["esnext"],
    "types": [],
    "module": "esnext",
    "moduleResolution": "bundler",
    "jsx": "react-jsx",
    "noEmit": true,
    "allowImportingTsExtensions": true,
    "strict": true,
    "noUncheckedIndexedAccess": true,
    "exactOptionalPropertyTypes": true,
    "verbatimModuleSyntax": true,
    "erasableSyntaxOnly": true,
    "skipLibCheck": true
  },
  "include": ["**/*.ts", "**/*.tsx"],
  // Tests run under Node, which has other types.
  "exclude": ["node_modules", "**/*.test.ts"]
}
`;

const manifest = (name: string): string => `# ${name}, asleep until somebody asks. First: npm run build
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  replicas: 1
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
      annotations:
        diatom.dev/idle-timeout: 30s
    spec:
      # Each instance in a virtual machine of its own:
      # runtimeClassName: hvt
      containers:
        - name: ${name}
          image: ${name}
          env:
            - name: GREETING
              value: Hello
          ports:
            - name: http
              containerPort: 8080
---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  selector:
    app: ${name}
  ports:
    - name: http
      port: 8080
      targetPort: http
`;

/** The types of the runtime as one file, so that a project is whole without a package to install. */
async function runtimeTypes(): Promise<string> {
  const table = createRequire(import.meta.url).resolve('@diatom/libos/js/table.ts');
  const directory = join(dirname(table), 'types');
  const names = (await readdir(directory)).filter((name) => name.endsWith('.d.ts') && name !== 'index.d.ts').sort();
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')));
  const own = texts.map((text) => text.replace(/^\/\/\/ <reference .*\n/gm, ''));
  return `/** What a program finds in an image, and nothing else. Written by "diatom new". */\n\n${own.join('\n')}`;
}

export async function projectFiles(name: string): Promise<Readonly<Record<string, string>>> {
  return {
    'package.json': packageJson(name),
    'tsconfig.json': tsconfig,
    'diatom.json': `${JSON.stringify({ name, ports: [{ name: 'http', port: 8080 }] }, null, 2)}\n`,
    'service.ts': service,
    'service.test.ts': serviceTest,
    'types/diatom.d.ts': await runtimeTypes(),
    [`${name}.yaml`]: manifest(name),
    '.gitignore': 'node_modules\n',
  };
}
