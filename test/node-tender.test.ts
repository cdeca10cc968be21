/** The node tender: slots, refusals, connecting out. What applications see of it is in test/conformance. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { buildPortable } from '@diatom/seal';
import { createNodeTender, type Exit, type SlotSpec, TenderError } from '@diatom/tender';
import { RawClient } from './conformance/raw-client.ts';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'diatom-node-tender-'));
});
after(() => rm(directory, { recursive: true, force: true }));

async function write(name: string, source: string, project: unknown = {}): Promise<string> {
  const folder = join(directory, name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'app.ts'), source);
  await writeFile(join(folder, 'diatom.json'), JSON.stringify({ name, ...(project as object) }));
  return join(folder, 'app.ts');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function specOf(file: string, overrides: Partial<SlotSpec> = {}): Promise<SlotSpec> {
  const { manifest, wasm } = await buildPortable({ file });
  const imagePath = join(directory, `${manifest.name}.wasm`);
  await writeFile(imagePath, wasm);
  const listen = await Promise.all(
    manifest.ports.map(async ({ port }) => ({ port, address: '127.0.0.1', hostPort: await freePort() })),
  );
  return {
    id: manifest.name,
    manifest: { ...manifest, layers: [] },
    target: 'process',
    imagePath,
    listen,
    environment: {},
    memoryLimitBytes: 64 * 1024 * 1024,
    boot: 'eager',
    idleTimeoutMs: 0,
    timeLimitMs: 0,
    logPath: join(directory, `${manifest.name}.log`),
    ...overrides,
  };
}

/** Runs a program to its end; its exit and its console. */
async function run(spec: SlotSpec): Promise<{ readonly exit: Exit; readonly lines: readonly string[] }> {
  const tender = createNodeTender();
  const ended = Promise.withResolvers<Exit>();
  tender.onEvent(({ state }) => {
    if (state.kind === 'ended') ended.resolve(state.exit);
  });
  await tender.start(spec);
  const exit = await ended.promise;
  await tender.close();
  const log = await readFile(spec.logPath, 'utf8').catch(() => '');
  return { exit, lines: log.split('\n').slice(0, -1) };
}

const service = `import { serve, Request, Response } from "diatom/http";
serve(8080, (request: Request): Response => Response.text("hello"));
`;

const client = (address: string): string => `import { connect, Connection } from "diatom/net";
import { exit } from "diatom/process";
class Client extends Connection {
  received(bytes: Uint8Array): void {
    console.log(String.UTF8.decode(bytes.slice().buffer));
  }
  closed(): void {
    exit(6);
  }
  ended(): void {
    exit(5);
  }
}
const connection = new Client();
connect("${address}", connection);
connection.writeText("ping");
`;

test('console lines are stamped as the container runtime interface has it', async () => {
  const spec = await specOf(await write('lines', 'console.log("one\\ntwo");'));
  const { lines } = await run(spec);
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z stdout F one$/);
});

test('a specification that cannot be is refused and leaves nothing behind', async () => {
  const spec = await specOf(await write('refusals', service));
  const tender = createNodeTender();
  const refusals: readonly (readonly [Partial<SlotSpec>, RegExp])[] = [
    [{ id: 'a/b' }, /no slot id/],
    [{ listen: [{ port: 81, address: '127.0.0.1', hostPort: 0 }] }, /port 81 is not declared by image refusals/],
    [{ memoryLimitBytes: 1000 }, /the limit is 1000/],
    [{ boot: 'per-connection' }, /an instance per connection needs the target hvt/],
    [{ imagePath: join(directory, 'none') }, /cannot load/],
    [{ listen: [{ port: 8080, address: '203.0.113.1', hostPort: 0 }] }, /cannot listen on 203\.0\.113\.1/],
  ];
  for (const [change, says] of refusals) {
    await assert.rejects(
      tender.start({ ...spec, ...change }),
      (error) => error instanceof TenderError && says.test(error.message),
    );
  }
  assert.deepEqual(await tender.list(), []);
  await tender.start(spec);
  await assert.rejects(tender.start(spec), /exists already/);
  await tender.close();
});

test('an instance that outlives its time limit is killed and says so', async () => {
  const { exit } = await run(await specOf(await write('overdue', service), { timeLimitMs: 30 }));
  assert.equal(exit.reason, 'DeadlineExceeded');
  assert.equal(exit.code, 137);
  assert.match(exit.message, /time limit of 30 ms/);
});

test('a port that the slot does not open is denied to the program', async () => {
  const spec = await specOf(await write('closed-port', service), { listen: [] });
  const { exit, lines } = await run(spec);
  assert.equal(exit.reason, 'Trap');
  assert.match(lines.at(-1) ?? '', /error: cannot listen on port 8080: denied at ~lib\/diatom\/http\.ts:\d+:\d+$/);
});

test('stopping lets the request at work finish, then closes what is kept alive', async () => {
  const spec = await specOf(await write('stopping', service));
  const tender = createNodeTender();
  await tender.start(spec);
  const [{ address, hostPort } = { address: '', hostPort: 0 }] = spec.listen;
  using kept = await RawClient.open({ host: address, port: hostPort });
  kept.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await kept.response();
  const started = performance.now();
  await tender.stop(spec.id, 10_000);
  assert.ok(performance.now() - started < 5000, 'the grace time need not pass');
  await kept.closed();
  await tender.stop(spec.id, 0);
});

test('a program connects where diatom.json says', async () => {
  const server = createServer((socket) => {
    socket.once('data', (bytes) => socket.end(`pong to ${bytes}`));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const spec = await specOf(await write('connects', client(address), { connect: [address] }));
  const { exit, lines } = await run(spec);
  server.close();
  assert.equal(exit.code, 5);
  assert.match(lines[0] ?? '', /stdout F pong to ping$/);
});

test('and nowhere else', async () => {
  const spec = await specOf(await write('connects-elsewhere', client('127.0.0.1:9'), { connect: ['127.0.0.1:10'] }));
  const { exit, lines } = await run(spec);
  assert.equal(exit.code, 6);
  assert.match(
    lines.at(-1) ?? '',
    /no connection to 127\.0\.0\.1:9: the image's manifest does not allow it; .*"connect": \["127\.0\.0\.1:9"\]/,
  );
});
