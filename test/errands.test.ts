/** An HTTP handler that uses other connections finds its request, and the requests behind it, as they came. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RawClient } from './conformance/raw-client.ts';
import { type EgressTarget, startPeer, startRig } from './egress/rig.ts';
import { needsHvt } from './hvt.ts';

const targets: readonly (readonly [EgressTarget, { readonly skip: string | false }])[] = [
  ['node', { skip: false }],
  ['process', { skip: false }],
  ['hvt', needsHvt],
];

const post = (name: string, body: string): string =>
  `POST /${name} HTTP/1.1\r\nHost: x\r\nMark: ${name}-mark\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

for (const [target, options] of targets) {
  describe(target, options, () => {
    test('streams used in a handler leave the request and those pipelined behind it alone', async () => {
      await using peer = await startPeer((socket) => {
        socket.resume().write('y'.repeat(200_000));
      });
      await using rig = await startRig(target, { application: 'errands.ts' });
      const host = `127.89.${process.pid & 255}.${target.length}`;
      const { spec } = await rig.start({
        connect: [peer.address],
        environment: { TARGET: peer.address },
        spec: { listen: [{ port: 8080, address: host, hostPort: 8080 }], timeLimitMs: 0 },
      });
      using client = await RawClient.open({ host, port: 8080 });
      const isReady = async (): Promise<boolean> => {
        client.send('GET /ready HTTP/1.1\r\nHost: x\r\n\r\n');
        return (Number((await client.response()).body.toString()) & 3) === 3;
      };
      while (!(await isReady()));

      const names = ['one', 'two', 'three'];
      client.send(names.map((name) => post(name, `${name} `.repeat(500))).join(''));
      for (const name of names) {
        const { status, headers, body } = await client.response();
        assert.equal(status, 200);
        assert.equal(body.toString(), `/${name} ${name}-mark ${`${name} `.repeat(500)}`);
        if (name === 'one') assert.equal(headers.get('did'), 'sent received');
      }
      await rig.tender.stop(spec.id, 0);
    });
  });
}
