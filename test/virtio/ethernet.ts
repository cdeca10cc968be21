/** The other end of a machine's network device: QEMU's stream socket, each frame with its length before it. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

export interface Ethernet extends AsyncDisposable {
  /** For `network` of `runVirtio`. */
  readonly backend: string;
  send(frame: Uint8Array): void;
  /** The next frame nobody has taken. */
  receive(): Promise<Buffer>;
}

const lengthBytes = 4;

export async function openEthernet(): Promise<Ethernet> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  const frames: Buffer[] = [];
  const unsent: Uint8Array[] = [];
  let waiting: ((frame: Buffer) => void) | undefined;
  let socket: Socket | undefined;
  let rest = Buffer.alloc(0);
  const send = (frame: Uint8Array): void => {
    const length = Buffer.alloc(lengthBytes);
    length.writeUInt32BE(frame.length);
    socket?.write(Buffer.concat([length, frame]));
  };
  server.on('connection', (connected) => {
    socket = connected;
    for (const frame of unsent.splice(0)) send(frame);
    connected.on('data', (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes]);
      while (rest.length >= lengthBytes && rest.length >= lengthBytes + rest.readUInt32BE(0)) {
        const end = lengthBytes + rest.readUInt32BE(0);
        frames.push(rest.subarray(lengthBytes, end));
        rest = rest.subarray(end);
      }
      const [first] = frames;
      if (waiting === undefined || first === undefined) return;
      frames.shift();
      waiting(first);
      waiting = undefined;
    });
    // The machine's end closes it, and may do so by being killed.
    connected.on('error', () => {});
  });
  return {
    backend: `stream,addr.type=inet,addr.host=127.0.0.1,addr.port=${address.port}`,
    send: (frame) => {
      if (socket === undefined) unsent.push(frame);
      else send(frame);
    },
    receive: () => {
      const first = frames.shift();
      if (first !== undefined) return Promise.resolve(first);
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
    [Symbol.asyncDispose]: async () => {
      socket?.destroy();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

const broadcast = Buffer.alloc(6, 0xff);

/** Who has `target`? (RFC 826) */
export function arpRequest(from: Uint8Array, fromIp: Uint8Array, target: Uint8Array): Buffer {
  const header = Buffer.concat([broadcast, from, Buffer.from('0806', 'hex')]);
  return Buffer.concat([header, Buffer.from('0001080006040001', 'hex'), from, fromIp, Buffer.alloc(6), target]);
}

/** The Internet checksum (RFC 1071). */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  bytes.forEach((byte, index) => {
    sum += index % 2 === 0 ? byte << 8 : byte;
  });
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** An ICMP echo request (RFC 792). */
export function echoRequest(
  from: { readonly address: Uint8Array; readonly ip: Uint8Array },
  to: { readonly address: Uint8Array; readonly ip: Uint8Array },
  payload: Uint8Array,
): Buffer {
  const icmp = Buffer.concat([Buffer.from([8, 0, 0, 0, 0x12, 0x34, 0, 1]), payload]);
  icmp.writeUInt16BE(checksum(icmp), 2);
  const ip = Buffer.concat([Buffer.from('4500000000000000400100', 'hex'), Buffer.alloc(1), from.ip, to.ip]);
  ip.writeUInt16BE(ip.length + icmp.length, 2);
  ip.writeUInt16BE(checksum(ip), 10);
  return Buffer.concat([to.address, from.address, Buffer.from('0800', 'hex'), ip, icmp]);
}
