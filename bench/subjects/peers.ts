/** The servers Diatom is measured against. Those from npm are fetched into `.cache/peers`; none is a dependency. */
import { execFile } from 'node:child_process';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkout, installPackages } from '@diatom/test/tools/npm';
import { answerText, type Prepared, type Subject } from './subject.ts';

const run = promisify(execFile);
const peers = join(checkout, '.cache/peers');

export const peerVersions = { bun: '1.4.5', deno: '2.9.6', workerd: '1.20261117.1' } as const;

const nodeServer = `import { createServer } from 'node:http';
createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.end(${JSON.stringify(answerText)});
}).listen(Number(process.argv[2]), '127.0.0.1');
`;

const bunServer = `Bun.serve({
  port: Number(process.argv[2]),
  hostname: '127.0.0.1',
  fetch: () => new Response(${JSON.stringify(answerText)}, { headers: { 'content-type': 'text/plain' } }),
});
`;

const workerdScript = `export default {
  fetch: () => new Response(${JSON.stringify(answerText)}, { headers: { 'content-type': 'text/plain' } }),
};
`;

// Source of the format: workerd's own src/workerd/server/workerd.capnp.
export const workerdConfig = (port: number): string => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker", esModule = embed "worker.js")], compatibilityDate = "2026-01-01"))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);
`;

const nginxConfig = (directory: string, port: number): string => `worker_processes 1;
daemon off;
pid ${directory}/nginx.pid;
error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi; uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi;
  server {
    listen 127.0.0.1:${port};
    default_type text/plain;
    location / { return 200 "hello\\n"; }
  }
}
`;

export const node: Subject = {
  name: 'node',
  prepare: async (directory) => {
    const file = await place(directory, 'server.mjs', nodeServer);
    return {
      kind: 'ready',
      version: process.versions.node,
      command: async (port) => ({ program: process.execPath, words: [file, String(port)] }),
    };
  },
};

export const bun: Subject = {
  name: 'bun',
  prepare: (directory) =>
    fromNpm(`@oven/bun-linux-x64@${peerVersions.bun}`, '@oven/bun-linux-x64/bin/bun', async (program) => {
      const file = await place(directory, 'server.js', bunServer);
      return {
        kind: 'ready',
        version: peerVersions.bun,
        command: async (port) => ({ program, words: [file, String(port)] }),
      };
    }),
};

export const workerd: Subject = {
  name: 'workerd',
  prepare: (directory) =>
    fromNpm(
      `@cloudflare/workerd-linux-64@${peerVersions.workerd}`,
      '@cloudflare/workerd-linux-64/bin/workerd',
      async (program) => {
        await place(directory, 'worker.js', workerdScript);
        return {
          kind: 'ready',
          version: peerVersions.workerd,
          command: async (port) => ({
            program,
            words: ['serve', await place(directory, 'config.capnp', workerdConfig(port))],
          }),
        };
      },
    ),
};

export const nginx: Subject = {
  name: 'nginx',
  prepare: (directory) =>
    fromDebian('nginx', ['/usr/sbin/nginx'], 'nginx-light', async (program) => {
      const { stderr } = await run(program, ['-v']);
      return {
        kind: 'ready',
        version: /nginx\/([\d.]+)/.exec(stderr)?.[1] ?? 'unknown',
        command: async (port) => ({
          program,
          words: [
            '-c',
            await place(directory, 'nginx.conf', nginxConfig(directory, port)),
            '-p',
            directory,
            '-e',
            'stderr',
          ],
        }),
      };
    }),
};

/** The package holds the executable itself; running its install script is not needed. */
export async function fromNpm(
  wanted: string,
  executable: string,
  prepare: (program: string) => Promise<Prepared>,
): Promise<Prepared> {
  const directory = join(peers, wanted.replaceAll('/', '+'));
  const program = join(directory, 'node_modules', executable);
  try {
    if (!(await exists(program))) await installPackages(directory, [wanted]);
    await run(program, ['--version']);
  } catch (error) {
    return { kind: 'skipped', why: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) };
  }
  return await prepare(program);
}

export async function fromDebian(
  name: string,
  paths: readonly string[],
  packageName: string,
  prepare: (program: string) => Promise<Prepared>,
): Promise<Prepared> {
  for (const path of paths) if (await exists(path)) return await prepare(path);
  return { kind: 'skipped', why: `${name} is not installed: apt-get install ${packageName}` };
}

async function place(directory: string, name: string, text: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
