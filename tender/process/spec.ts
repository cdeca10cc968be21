/**
 * A slot's spec as the native tender reads it (`tender/guest/spec.ts` is the other side; docs/tender.md shows the layout).
 * Limits are checked on both sides: here to say what is wrong in the caller's terms, there because nothing is trusted.
 */
import { isIP } from 'node:net';
import { encodePolicy, policyOf } from '../egress/header.ts';
import { buildMonitorFilter } from '../hvt/monitor-filter.ts';
import { type SlotSpec, TenderError } from '../instances.ts';
import { ByteWriter } from './bytes.ts';
import { encodeLabel } from './label.ts';
import { buildFilter } from './seccomp.ts';

export const specMagic = 0x3353_5444;
const flagBits = { lazy: 1, hvt: 2, perConnection: 4 } as const;

export const limits = {
  idBytes: 128,
  pathBytes: 4095,
  labelBytes: 8192,
  environmentBytes: 131_072,
  listeningSockets: 16,
  egressPathBytes: 107,
  egressPolicyBytes: 16_384,
  stackBytes: { minimum: 16_384, maximum: 1_073_741_824 },
} as const;

const wrong = (message: string): never => {
  throw new TenderError('InvalidSpec', message);
};

const checkPath = (what: string, path: string): void => {
  if (path.includes('\0')) wrong(`${what} contains a NUL byte`);
  if (Buffer.byteLength(path) > limits.pathBytes) wrong(`${what} is longer than ${limits.pathBytes} bytes`);
};

const encodeEnvironment = (environment: SlotSpec['environment']): Uint8Array => {
  const entries = Object.entries(environment);
  for (const [name, value] of entries) {
    if (name === '' || name.includes('=') || name.includes('\0'))
      wrong(`environment: "${name}" is not a variable's name`);
    if (value.includes('\0')) wrong(`environment: the value of ${name} contains a NUL byte`);
  }
  const bytes = Buffer.from(entries.map(([name, value]) => `${name}=${value}\0`).join(''), 'utf8');
  if (bytes.length > limits.environmentBytes) {
    wrong(`environment: ${bytes.length} bytes; an image gets at most ${limits.environmentBytes}`);
  }
  return bytes;
};

/** 16 bytes in network order; the last 12 of an IPv4 address are zero. */
const encodeAddress = (address: string): { readonly family: 4 | 6; readonly bytes: Uint8Array } => {
  const bytes = new Uint8Array(16);
  switch (isIP(address)) {
    case 4:
      bytes.set(address.split('.').map(Number));
      return { family: 4, bytes };
    case 6: {
      // The WHATWG URL parser writes an IPv6 address in its canonical form, with an embedded IPv4 address as hex.
      const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
      const [head = '', tail] = canonical.split('::');
      const groupsOf = (text: string) => text.split(':').filter((group) => group !== '');
      const front = groupsOf(head);
      const back = groupsOf(tail ?? '');
      const groups = [...front, ...Array<string>(8 - front.length - back.length).fill('0'), ...back];
      groups.forEach((group, index) => {
        new DataView(bytes.buffer).setUint16(index * 2, Number.parseInt(group, 16));
      });
      return { family: 6, bytes };
    }
    default:
      return wrong(`listen: "${address}" is not an IP address`);
  }
};

const checkListen = (spec: SlotSpec): void => {
  if (spec.listen.length > limits.listeningSockets) {
    wrong(`listen: ${spec.listen.length} sockets; an image gets at most ${limits.listeningSockets}`);
  }
  const declared = new Set(spec.manifest.ports.map((port) => port.port));
  const seen = new Set<number>();
  for (const { port, hostPort } of spec.listen) {
    if (!declared.has(port)) wrong(`listen: image ${spec.manifest.name} does not declare port ${port}`);
    if (seen.has(port)) wrong(`listen: port ${port} is there twice`);
    if (!Number.isInteger(hostPort) || hostPort < 1 || hostPort > 65535) wrong(`listen: ${hostPort} is not a port`);
    seen.add(port);
  }
};

const flagsOf = ({ boot, target }: SlotSpec): number =>
  (boot === 'lazy' ? flagBits.lazy : 0) |
  (boot === 'per-connection' ? flagBits.perConnection : 0) |
  (target === 'hvt' ? flagBits.hvt : 0);

/** Only an image that can connect has an egress: for the others nothing is set up and nothing allowed. */
const hasEgress = ({ egress, manifest }: SlotSpec): boolean =>
  egress !== undefined && manifest.machineCalls.includes('sock_connect');

/** Path and policy; both empty without an egress. */
const encodeEgress = (spec: SlotSpec): readonly [path: string, policy: string] => {
  const { egress, manifest } = spec;
  if (egress === undefined || !hasEgress(spec)) return ['', ''];
  checkPath('egress.socketPath', egress.socketPath);
  const pathBytes = Buffer.byteLength(egress.socketPath);
  if (pathBytes === 0 || pathBytes > limits.egressPathBytes) {
    wrong(`egress.socketPath is empty or longer than ${limits.egressPathBytes} bytes`);
  }
  const policy = encodePolicy(policyOf(spec));
  if (Buffer.byteLength(policy) > limits.egressPolicyBytes) {
    wrong(`image ${manifest.name} names too much it connects to: ${limits.egressPolicyBytes} bytes are possible`);
  }
  return [egress.socketPath, policy];
};

const nanoseconds = (milliseconds: number): bigint => BigInt(Math.round(milliseconds * 1000)) * 1000n;

/** A process calls the kernel itself, as its manifest says; of a virtual machine only the monitor does. */
const filterOf = (spec: SlotSpec): Uint8Array => {
  const descriptors = { listeningCount: spec.listen.length, hasEgress: hasEgress(spec) };
  return spec.target === 'hvt' ? buildMonitorFilter(descriptors) : buildFilter(spec.manifest.systemCalls, descriptors);
};

export const encodeSpec = (spec: SlotSpec): Uint8Array => {
  const { manifest } = spec;
  if (spec.boot === 'per-connection' && spec.target !== 'hvt') wrong('an instance per connection needs the target hvt');
  if (!/^[A-Za-z0-9._-]{1,128}$/.test(spec.id)) wrong(`id "${spec.id}" is not 1 to 128 of A-Z a-z 0-9 . _ -`);
  checkPath('imagePath', spec.imagePath);
  checkPath('logPath', spec.logPath);
  checkListen(spec);
  if (!Number.isFinite(spec.idleTimeoutMs) || spec.idleTimeoutMs < 0) wrong(`idleTimeoutMs is ${spec.idleTimeoutMs}`);
  if (!Number.isFinite(spec.timeLimitMs) || spec.timeLimitMs < 0) wrong(`timeLimitMs is ${spec.timeLimitMs}`);
  if (!Number.isSafeInteger(spec.memoryLimitBytes) || spec.memoryLimitBytes <= 0) {
    wrong(`memoryLimitBytes is ${spec.memoryLimitBytes}`);
  }
  const { stackBytes } = manifest.memory;
  if (stackBytes < limits.stackBytes.minimum || stackBytes > limits.stackBytes.maximum) {
    wrong(`image ${manifest.name} wants a stack of ${stackBytes} bytes; 16 KiB to 1 GiB are possible`);
  }

  const [egressPath, egressPolicy] = encodeEgress(spec);

  const writer = new ByteWriter()
    .u32(specMagic)
    .u32(flagsOf(spec))
    .u64(nanoseconds(spec.idleTimeoutMs))
    .u64(nanoseconds(spec.timeLimitMs))
    .u64(spec.memoryLimitBytes)
    .u64(stackBytes)
    .u32(spec.listen.length)
    .u32(0);
  for (const { port, address, hostPort } of spec.listen) {
    const { family, bytes } = encodeAddress(address);
    writer.u16(family).u16(port).u16(hostPort).u16(0).raw(bytes);
  }
  return writer
    .field(spec.id)
    .field(spec.imagePath)
    .field(spec.logPath)
    .field(encodeLabel(spec))
    .field(encodeEnvironment(spec.environment))
    .field(filterOf(spec))
    .field(egressPath)
    .field(egressPolicy)
    .finish();
};
