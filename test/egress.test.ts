/** Outgoing connections as images see them: the same on every target that has them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createDialer, type SlotSpec, startEgress } from '@diatom/tender';
import {
  type EgressRig,
  type EgressTarget,
  echo,
  newAuthority,
  startPeer,
  startRig,
  startTlsPeer,
} from './egress/rig.ts';
import { needsHvt } from './hvt.ts';

const targets: readonly (readonly [EgressTarget, { readonly skip: string | false }])[] = [
  ['node', { skip: false }],
  ['process', { skip: false }],
  ['hvt', needsHvt],
];

const authority = newAuthority();
const pingSum = [...Buffer.from('ping')].reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, 0);
/** What the test application sends when it is asked for so many bytes, as its checksum. */
const payloadSum = (length: number): number => {
  let sum = 0;
  for (let i = 0; i < length; i++) sum = (Math.imul(sum, 31) + ((i * 7 + (i >> 8)) & 255)) >>> 0;
  return sum;
};

for (const [target, options] of targets) {
  describe(target, options, () => {
    let rig: EgressRig;
    before(async () => {
      rig = await startRig(target, { certificates: [authority.certificate], timeoutMs: 2000 });
    });
    after(() => rig[Symbol.asyncDispose]());

    test('what is sent arrives, and what comes back, and both ends', async () => {
      await using peer = await startPeer(echo);
      const { console, exit, complaints } = await rig.run({
        connect: [peer.address],
        environment: { TARGETS: peer.address },
      });
      assert.equal(exit.reason, 'Completed');
      assert.deepEqual(complaints, []);
      assert.deepEqual(console, [
        `${peer.address} connected`,
        `${peer.address} end after 4 bytes ${pingSum} ping`,
        'done ended=1 failed=0',
      ]);
    });

    test('a peer that is not in the list is denied, and the log says what to write', async () => {
      await using peer = await startPeer(echo);
      const { console, complaints } = await rig.run({
        connect: ['127.0.0.1:1'],
        environment: { TARGETS: peer.address },
      });
      assert.deepEqual(console, [`${peer.address} denied`, 'done ended=0 failed=1']);
      assert.equal(complaints.length, 1);
      assert.match(complaints[0] ?? '', /manifest does not allow it.*"connect": \["127\.0\.0\.1:\d+"\].*diatom\.json/);
      assert.equal(peer.sockets.size, 0);
    });

    test('where nobody listens the connection is refused', async () => {
      const { console, complaints } = await rig.run({
        connect: ['127.0.0.1:1'],
        environment: { TARGETS: '127.0.0.1:1 not-a-target' },
      });
      assert.deepEqual(console, ['127.0.0.1:1 refused', 'not-a-target refused', 'done ended=0 failed=2']);
      assert.match(complaints[0] ?? '', /nobody listens there/);
    });

    test('a name below an allowed domain is allowed, the domain itself is not', async () => {
      await using peer = await startPeer(echo);
      const { port } = peer;
      const { console } = await rig.run({
        connect: [`*.localhost:${port}`],
        environment: { TARGETS: `a.b.localhost:${port} localhost:${port}` },
      });
      assert.match(console[0] ?? '', /a\.b\.localhost:\d+ (connected|refused)/);
      assert.match(console.at(-2) ?? '', /^localhost:\d+ denied/);
    });

    test('TLS is spoken by the host, with whom the certificate names', async () => {
      await using peer = await startTlsPeer(authority, ['localhost', '127.0.0.1']);
      const { port } = peer;
      const { console } = await rig.run({
        connect: [`localhost:${port}`, `127.0.0.1:${port}`],
        environment: { TARGETS: `tls:localhost:${port} tls:127.0.0.1:${port}` },
      });
      assert.deepEqual(console, [
        `tls:localhost:${port} connected`,
        `tls:localhost:${port} end after 4 bytes ${pingSum} ping`,
        `tls:127.0.0.1:${port} connected`,
        `tls:127.0.0.1:${port} end after 4 bytes ${pingSum} ping`,
        'done ended=2 failed=0',
      ]);
    });

    test('a certificate for another name, or of nobody known, is refused', async () => {
      await using wrongName = await startTlsPeer(authority, ['elsewhere.example']);
      await using wrongAuthority = await startTlsPeer(newAuthority(), ['localhost']);
      await using noTls = await startPeer((socket) => socket.end('this is not TLS'));
      const peers = [wrongName, wrongAuthority, noTls].map(({ port }) => `localhost:${port}`);
      const { console, complaints } = await rig.run({
        connect: peers,
        environment: { TARGETS: peers.map((peer) => `tls:${peer}`).join(' ') },
      });
      assert.deepEqual(console, [...peers.map((peer) => `tls:${peer} refused`), 'done ended=0 failed=3']);
      assert.match(complaints[0] ?? '', /altnames/);
      assert.match(complaints[1] ?? '', /certificate/);
    });

    test('megabytes go both ways unchanged', async () => {
      await using peer = await startPeer(echo);
      const size = 5_000_000;
      const { console } = await rig.run({
        connect: [peer.address],
        environment: { TARGETS: peer.address, SEND_BYTES: String(size) },
      });
      assert.match(console[1] ?? '', new RegExp(`end after ${size} bytes ${payloadSum(size)}$`));
    });

    test('a peer that resets is no end of the stream', async () => {
      await using peer = await startPeer((socket) => {
        socket.write('half of it');
        socket.once('data', () => socket.resetAndDestroy());
      });
      const { console } = await rig.run({
        connect: [peer.address],
        environment: { TARGETS: peer.address, MODE: 'open' },
      });
      assert.match(console[1] ?? '', /^\S+ closed( after 10 bytes \d+ half of it)?$/);
    });

    test('a peer that ends first can still be sent to', async () => {
      let heard = '';
      await using peer = await startPeer((socket) => {
        socket.end('hello');
        socket.on('data', (data) => {
          heard += data;
        });
      });
      const { console } = await rig.run({
        connect: [peer.address],
        environment: { TARGETS: peer.address, STALL: '100' },
      });
      assert.match(console[1] ?? '', /end after 5 bytes \d+ hello$/);
      assert.equal(heard, 'ping');
    });

    test('nothing is left of a thousand connections', async () => {
      await using peer = await startPeer(echo);
      const { console, complaints } = await rig.run({
        connect: [peer.address],
        environment: { TARGETS: peer.address, TIMES: '1000', PARALLEL: '20' },
      });
      assert.deepEqual(complaints, []);
      assert.deepEqual(console, ['done ended=1000 failed=0']);
      assert.equal(rig.egress?.connectionCount ?? 0, 0);
    });

    test('two hundred connections at once', async () => {
      await using peer = await startPeer(echo);
      const { console } = await rig.run({
        connect: [peer.address],
        environment: { TARGETS: peer.address, TIMES: '400', PARALLEL: '200' },
      });
      assert.deepEqual(console, ['done ended=400 failed=0']);
    });

    test('a slow reader slows its peer down', async () => {
      let sentBytes = 0;
      await using peer = await startPeer((socket) => {
        const chunk = randomBytes(65536);
        const more = (): void => {
          while (!socket.destroyed && sentBytes < 100_000_000) {
            sentBytes += chunk.length;
            if (!socket.write(chunk)) return;
          }
        };
        socket.on('drain', more);
        more();
      });
      const { run, spec } = await rig.start({
        connect: [peer.address],
        environment: { TARGETS: peer.address, MODE: 'open', STALL: '60000' },
      });
      let before = -1;
      while (sentBytes !== before) {
        before = sentBytes;
        await wait(300);
      }
      // Two sockets, the egress, and what the peer itself has buffered.
      assert.ok(sentBytes > 0 && sentBytes < 20_000_000, `${sentBytes} bytes were sent to a reader that does not read`);
      await rig.tender.stop(spec.id, 0);
      await run.catch(() => undefined);
    });

    test('refusals without end are a few lines', async () => {
      const { console, complaints } = await rig.run({
        connect: [],
        environment: { TARGETS: 'api.example.com:443', TIMES: '300' },
      });
      assert.deepEqual(console, ['done ended=0 failed=300']);
      assert.ok(complaints.length >= 1 && complaints.length <= 6, `${complaints.length} lines`);
    });
  });
}

for (const [target, options] of targets.slice(1)) {
  describe(`${target} and its egress`, options, () => {
    test('an egress that dies cuts connections off, and one that comes back makes new ones', async () => {
      await using rig = await startRig(target);
      await using peer = await startPeer((socket) => {
        socket.on('data', () => undefined);
      });
      const open = { connect: [peer.address], environment: { TARGETS: peer.address, MODE: 'open' } };
      const { run } = await rig.start(open);
      while (peer.sockets.size === 0) await wait(5);
      await rig.egress?.close();
      assert.match((await run).console[1] ?? '', /^\S+ closed$/);

      const without = await rig.run(open);
      assert.match(without.console[0] ?? '', /refused/);
      assert.match(without.complaints[0] ?? '', /does not answer/);

      await using again = await startEgress({ socketPath: join(rig.directory, 'egress.sock') });
      await using answering = await startPeer(echo);
      const { console } = await rig.run({ connect: [answering.address], environment: { TARGETS: answering.address } });
      assert.equal(console.at(-1), 'done ended=1 failed=0');
      assert.equal(again.connectionCount, 0);
    });

    test('a slot without an egress has no connections', async () => {
      await using rig = await startRig(target);
      const spec = await rig.specOf({ connect: ['127.0.0.1:1'], environment: { TARGETS: '127.0.0.1:1' } });
      const { egress: _none, ...bare } = spec;
      const ended = new Promise((settle) => rig.tender.onEvent(({ state }) => state.kind === 'ended' && settle(state)));
      await rig.tender.start(bare);
      await ended;
      assert.match(await rig.log(spec), /not even a handle: denied/);
      await rig.tender.stop(spec.id, 0);
    });

    test('an instance that is killed leaves nothing open', async () => {
      await using rig = await startRig(target);
      await using peer = await startPeer(() => undefined);
      const { spec } = await rig.start({
        connect: [peer.address],
        environment: { TARGETS: peer.address, TIMES: '30', PARALLEL: '30', MODE: 'open' },
      });
      while (peer.sockets.size < 30) await wait(5);
      await rig.tender.stop(spec.id, 0);
      while (peer.sockets.size > 0 && [...peer.sockets].some((socket) => !socket.readableEnded)) {
        for (const socket of peer.sockets) socket.resume();
        await wait(5);
      }
      for (const socket of peer.sockets) socket.end();
      while ((rig.egress?.connectionCount ?? 0) > 0) await wait(5);
    });

    test('with an outgoing connection in use an instance with an idle time stays', async () => {
      await using rig = await startRig(target);
      await using peer = await startPeer(() => undefined);
      const { spec, run } = await rig.start({
        connect: [peer.address],
        environment: { TARGETS: peer.address, MODE: 'open' },
        spec: { idleTimeoutMs: 50 },
      });
      while (peer.sockets.size === 0) await wait(5);
      await wait(300);
      assert.equal((await rig.tender.list()).find(({ id }) => id === spec.id)?.state.kind, 'running');
      for (const socket of peer.sockets) socket.end('late');
      assert.match((await run).console[1] ?? '', /end after 4 bytes \d+ late/);
    });
  });
}

describe('a relay', () => {
  const ask = async (address: string, text: string): Promise<string> => {
    const socket = connect({ host: address, port: 8080 });
    socket.on('error', () => undefined).write(text);
    let heard = '';
    for await (const data of socket.setEncoding('utf8')) {
      heard += data;
      if (heard.length >= text.length) break;
    }
    return heard;
  };

  const relaying = async (target: EgressTarget, address: string, spec: Partial<SlotSpec>) => {
    const peer = await startPeer(echo);
    const rig = await startRig(target, { application: 'relay.ts' });
    const { spec: started } = await rig.start({
      connect: [peer.address],
      environment: { TARGET: peer.address },
      spec: { listen: [{ port: 8080, address, hostPort: 8080 }], timeLimitMs: 0, ...spec },
    });
    const stateOf = async () => (await rig.tender.list()).find(({ id }) => id === started.id)?.state;
    return {
      peer,
      stateOf,
      [Symbol.asyncDispose]: async () => {
        await rig.tender.stop(started.id, 0);
        await rig[Symbol.asyncDispose]();
        await peer[Symbol.asyncDispose]();
      },
    };
  };

  for (const [target, options] of targets) {
    test(`that sleeps is woken, connects, and sleeps again (${target})`, options, async () => {
      const address = `127.88.${process.pid & 255}.${target.length}`;
      await using it = await relaying(target, address, { boot: 'lazy', idleTimeoutMs: 150 });
      for (let boot = 1; boot <= 2; boot += 1) {
        assert.equal(await ask(address, `hello ${boot}`), `hello ${boot}`);
        while ((await it.stateOf())?.kind !== 'asleep') await wait(20);
        assert.equal((await it.stateOf())?.bootCount, boot);
      }
    });
  }

  test('in a machine for each connection', needsHvt, async () => {
    const address = `127.88.${process.pid & 255}.99`;
    await using it = await relaying('hvt', address, { boot: 'per-connection' });
    const heard = await Promise.all(['one', 'two', 'three'].map((text) => ask(address, text)));
    assert.deepEqual(heard, ['one', 'two', 'three']);
    while ((await it.stateOf())?.bootCount !== 3) await wait(20);
    for (const socket of it.peer.sockets) socket.end();
  });

  test('in one machine right after the other', needsHvt, async () => {
    const address = `127.88.${process.pid & 255}.98`;
    await using it = await relaying('hvt', address, { boot: 'per-connection' });
    // The end of a machine is heard of twice: its channel hangs up, its process ends. In between the next one is made.
    for (let at = 0; at < 60; at += 1) assert.equal(await ask(address, `${at}`), `${at}`);
    for (const socket of it.peer.sockets) socket.end();
  });
});

describe('a machine at rest', needsHvt, () => {
  /** Longer than a guest waits before its machine is given back. */
  const restMs = 1300;

  test('is connected, and hears its peer', async () => {
    await using inner = await startTlsPeer(authority, ['localhost']);
    // The handshake begins late: until then the guest rests with a connection that it does not have.
    await using peer = await startPeer((socket) => {
      void wait(restMs).then(() => {
        const onward = connect(inner.port, '127.0.0.1').on('error', () => undefined);
        socket.pipe(onward).pipe(socket);
      });
    });
    await using rig = await startRig('hvt', { certificates: [authority.certificate] });
    const { console } = await rig.run({
      connect: [`localhost:${peer.port}`],
      environment: { TARGETS: `tls:localhost:${peer.port}` },
    });
    assert.match(console.at(-2) ?? '', /end after 4 bytes \d+ ping$/);

    await using late = await startPeer((socket) => {
      socket.resume();
      void wait(restMs).then(() => socket.end('late'));
    });
    const second = await rig.run({ connect: [late.address], environment: { TARGETS: late.address } });
    assert.match(second.console.at(-2) ?? '', /end after 4 bytes \d+ late$/);
  });
});

test('certificates of the host’s own are trusted at its own addresses and nowhere else', async () => {
  await using peer = await startTlsPeer(authority, ['localhost', 'own.example']);
  const dial = async (host: string, isOwn: (address: string) => boolean): Promise<string> => {
    const dialer = createDialer({
      ownCertificates: [authority.certificate],
      addressesOf: () => ['127.0.0.1'],
      isOwn,
    });
    const place = `${host}:${peer.port}`;
    try {
      const request = { slot: 'x', text: `tls:${place}`, connect: [place], scope: '' };
      (await dialer(request, new AbortController().signal)).destroy();
      return 'connected';
    } catch (error) {
      return String(error);
    }
  };
  assert.equal(await dial('own.example', (address) => address === '127.0.0.1'), 'connected');
  assert.match(await dial('own.example', () => false), /authority this machine does not know/);
  assert.match(await dial('other.example', () => true), /altnames/);
});

test('NODE_EXTRA_CA_CERTS is trusted', async () => {
  await using peer = await startTlsPeer(authority, ['localhost']);
  await using rig = await startRig('node');
  const path = join(rig.directory, 'authority.pem');
  await writeFile(path, authority.certificate);
  const dial = `
    import { createDialer } from '@diatom/tender';
    const request = { slot: 'x', text: 'tls:localhost:${peer.port}', connect: ['localhost:${peer.port}'], scope: '' };
    const socket = await createDialer()(request, new AbortController().signal);
    console.log('connected');
    socket.destroy();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', dial], {
    cwd: import.meta.dirname,
    env: { ...process.env, NODE_EXTRA_CA_CERTS: path },
  });
  assert.equal(stdout, 'connected\n');
});
