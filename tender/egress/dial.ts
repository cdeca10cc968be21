/**
 * Dials what an image asks for: checks the manifest's list, resolves the name, checks the addresses, connects to those
 * that were checked and to no other (so that a name which answers differently the second time gains nothing), and speaks
 * TLS when asked to.
 */
import { lookup } from 'node:dns/promises';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  getCACertificates,
  rootCertificates,
  type SecureContext,
} from 'node:tls';
import { isAllowed, parseTarget, type Target } from '@diatom/libos/connect';
import { createTurns } from './one-at-a-time.ts';

/** Who asks, and what it may have. */
export interface DialRequest {
  readonly slot: string;
  /** `HOST:PORT` or `tls:HOST:PORT`, from the image: anything. */
  readonly text: string;
  /** The manifest's list. */
  readonly connect: readonly string[];
  /** Whatever the host of the egress gave the slot: a cell gives the pod's namespace. */
  readonly scope: string;
}

/** What the host of an egress decides. Without it names are DNS's and every address may be reached. */
export interface EgressRules {
  /** Addresses of a name that is not DNS's, or an Error that says why it has none; undefined: ask DNS. */
  readonly addressesOf?: (host: string, scope: string) => readonly string[] | Error | undefined;
  /** Why an address must not be reached; undefined: it may. */
  readonly refusalOf?: (address: string) => string | undefined;
  /** Whether `ownCertificates` are trusted there. */
  readonly isOwn?: (address: string) => boolean;
}

export interface DialerOptions extends EgressRules {
  /** PEM; trusted besides the certificates of Node, the system and NODE_EXTRA_CA_CERTS. */
  readonly certificates?: readonly string[];
  /** PEM; trusted besides those at addresses that are the host's own, and nowhere else: a cell's authority. */
  readonly ownCertificates?: readonly string[];
  /** For name, connection and TLS handshake together. */
  readonly timeoutMs?: number;
}

/** `denied`: not allowed, and the message says what would allow it. `refused`: allowed, and it did not work. */
export class EgressError extends Error {
  readonly code: 'denied' | 'refused';
  constructor(code: EgressError['code'], message: string) {
    super(message);
    this.name = 'EgressError';
    this.code = code;
  }
}

export type Dial = (request: DialRequest, signal: AbortSignal) => Promise<Socket>;

const defaultTimeoutMs = 10_000;

type Lookup = (host: string) => Promise<readonly string[]>;

const resolve = async (target: Target, scope: string, rules: EgressRules, ask: Lookup): Promise<readonly string[]> => {
  const { host } = target;
  const own = rules.addressesOf?.(host, scope);
  if (own instanceof Error) throw new EgressError('refused', `no connection to ${target.text}: ${own.message}`);
  if (own !== undefined) return own;
  if (isIP(host) !== 0) return [host];
  try {
    return await ask(host);
  } catch {
    throw new EgressError('refused', `no connection to ${target.text}: the name has no address`);
  }
};

const reachable = (target: Target, addresses: readonly string[], { refusalOf }: EgressRules): readonly string[] => {
  if (refusalOf === undefined) return addresses;
  const refusals = addresses.map((address) => refusalOf(address));
  const allowed = addresses.filter((_, index) => refusals[index] === undefined);
  if (allowed.length > 0) return allowed;
  const reason = refusals.find((refusal) => refusal !== undefined) ?? 'it has no address';
  throw new EgressError('denied', `no connection to ${target.text}: ${reason}`);
};

const unknownAuthority =
  'its certificate is of an authority this machine does not know (NODE_EXTRA_CA_CERTS adds some)';

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the peer reset the connection',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ETIMEDOUT: 'no answer',
  EPROTO: 'it does not speak TLS as we do',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
};

const describe = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return describe(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return (code === undefined ? undefined : reasons[code]) ?? error.message;
};

/** A name's resolution cannot be called off: nobody waits for it any more. */
const untilAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((settle, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(settle, reject).finally(() => signal.removeEventListener('abort', onAbort));
    if (signal.aborted) onAbort();
  });

/** Resolves when bytes can be sent. */
const connected = (socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<Socket> =>
  new Promise((settle, reject) => {
    let failure: unknown;
    const onAbort = (): void => {
      failure = signal.reason;
      socket.destroy();
    };
    const onError = (error: Error): void => {
      failure ??= error;
    };
    // Only what is listened to here: Node itself listens on its sockets.
    const forget = (): void => {
      signal.removeEventListener('abort', onAbort);
      socket.off(event, onConnected).off('error', onError).off('close', onClose);
    };
    const onConnected = (): void => {
      forget();
      settle(socket);
    };
    const onClose = (): void => {
      forget();
      reject(failure ?? new Error('the peer closed the connection'));
    };
    socket.on(event, onConnected).on('error', onError).on('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });

/** Node may ask for all addresses, or for one. */
const lookupOf =
  (addresses: readonly string[]): LookupFunction =>
  (_name, { all }, done) => {
    const found = addresses.map((address) => ({ address, family: isIP(address) }));
    const [first] = found;
    if (all === true) done(null, found);
    else done(null, first?.address ?? '', first?.family);
  };

export const createDialer = (options: DialerOptions = {}): Dial => {
  const { timeoutMs = defaultTimeoutMs } = options;
  const contexts = new Map<boolean, SecureContext>();
  // Hundreds of certificates are read once, and only for those who speak TLS.
  const trust = (isOwn: boolean): SecureContext => {
    const context =
      contexts.get(isOwn) ??
      createSecureContext({
        ca: [
          ...new Set([
            ...getCACertificates('default'),
            ...getCACertificates('system'),
            ...rootCertificates,
            ...(options.certificates ?? []),
            ...(isOwn ? (options.ownCertificates ?? []) : []),
          ]),
        ],
      });
    contexts.set(isOwn, context);
    return context;
  };

  const open = (target: Target, addresses: readonly string[], signal: AbortSignal): Promise<Socket> => {
    const { host, port } = target;
    // A name of its own, so that Node asks `lookup` even where the host is an address.
    const place = { host: 'checked', port, allowHalfOpen: true, lookup: lookupOf(addresses) };
    if (!target.isTls) return connected(connect(place), 'connect', signal);
    // RFC 6066 section 3: a server name is a name, never an address. Whom the certificate must name is the host all the same.
    const socket = connectTls({
      ...place,
      secureContext: trust(addresses.every((address) => options.isOwn?.(address) === true)),
      // Whatever the environment of this process says (NODE_TLS_REJECT_UNAUTHORIZED).
      rejectUnauthorized: true,
      servername: isIP(host) === 0 ? host : '',
      checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
    });
    return connected(socket, 'secureConnect', signal);
  };

  // The system's resolver has two threads in all of Node: a name that does not answer must not hold up other slots' names.
  const takeTurn = createTurns();

  return async ({ slot, text, connect: rules, scope }, signal) => {
    const ask: Lookup = (host) =>
      takeTurn(slot, async () =>
        attempt.signal.aborted ? [] : (await lookup(host, { all: true })).map(({ address }) => address),
      );
    const target = parseTarget(text);
    if (target === undefined)
      throw new EgressError('refused', `no connection: ${JSON.stringify(text)} is not HOST:PORT or tls:HOST:PORT`);
    if (!isAllowed(target, rules)) {
      throw new EgressError(
        'denied',
        `no connection to ${target.text}: the image's manifest does not allow it; to allow it write "connect": [${JSON.stringify(target.text)}] into diatom.json and build again`,
      );
    }
    // Neither AbortSignal.timeout nor AbortSignal.any: what they hold outlives a connection that took a millisecond.
    const attempt = new AbortController();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      attempt.abort();
    }, timeoutMs);
    const onAbort = (): void => attempt.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      const addresses = await untilAborted(resolve(target, scope, options, ask), attempt.signal);
      return await open(target, reachable(target, addresses, options), attempt.signal);
    } catch (error) {
      if (error instanceof EgressError) throw error;
      const reason = isLate ? `no answer within ${timeoutMs / 1000} s` : describe(error);
      throw new EgressError('refused', `no connection to ${target.isTls ? 'tls:' : ''}${target.text}: ${reason}`);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  };
};
