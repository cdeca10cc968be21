/**
 * Raw TCP. A subclass of `Connection` is the state of one connection; its methods are called as bytes arrive.
 *
 * ```ts
 * import { listen, Connection } from "diatom/net";
 * class Echo extends Connection {
 *   received(bytes: Uint8Array): void { this.write(bytes); }
 * }
 * listen(7, (): Connection => new Echo());
 * ```
 */

import * as os from "./os";

const receiveSize: i32 = 16384;
/** Nothing is received while more than this waits to be sent: a slow reader slows its own sender down. */
const unsentLimit: i32 = 65536;

export abstract class Connection {
  private handle: i32 = -1;
  private unsent: Array<Uint8Array> = [];
  private unsentBytes: i32 = 0;
  private ending: bool = false;
  private isOpen: bool = false;
  private readable: bool = false;

  /** Why it was closed, `denied`, `refused` or `closed` by a peer that broke off; empty when it ended in order. */
  failure: string = "";

  /** The connection is there; writing may begin. */
  opened(): void {}
  abstract received(bytes: Uint8Array): void;
  /** The peer sends no more. The default ends our side too. */
  ended(): void {
    this.end();
  }
  /** All that was written has been handed on. */
  drained(): void {}
  /** The last call for this connection. */
  closed(): void {}

  /** Bytes written and not yet handed on. */
  get waiting(): i32 {
    return this.unsentBytes;
  }

  /** Send all of `bytes`, later if need be. Written after the end, they are dropped. */
  write(bytes: Uint8Array): void {
    if (!this.isOpen || this.ending) return;
    let at = 0;
    while (this.unsent.length == 0 && at < bytes.length) {
      const count = os.stream_send(this.handle, bytes.dataStart + at, bytes.length - at);
      if (count == os.AGAIN) break;
      if (count < 0) return this.fail(count);
      at += count;
    }
    if (at < bytes.length) {
      this.unsent.push(bytes.slice(at));
      this.unsentBytes += bytes.length - at;
    }
  }

  writeText(text: string): void {
    this.write(Uint8Array.wrap(String.UTF8.encode(text)));
  }

  /** Nothing more will be written; what was written is still sent, then the connection closes. */
  end(): void {
    if (this.ending) return;
    this.ending = true;
    if (this.unsent.length == 0) this.close();
  }

  /** Close now. */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    connections.delete(this.handle);
    os.stream_close(this.handle);
    this.unsent = [];
    this.unsentBytes = 0;
    this.closed();
  }

  /** @internal */
  attach(handle: i32): void {
    this.handle = handle;
    this.isOpen = true;
    this.readable = true;
    connections.set(handle, this);
  }

  /** @internal */
  ready(bits: i32): void {
    if ((bits & (os.READABLE | os.HANGUP)) != 0) this.readable = true;
    if (this.unsent.length > 0) this.sendUnsent();
    this.receive();
  }

  private sendUnsent(): void {
    while (this.isOpen && this.unsent.length > 0) {
      const bytes = this.unsent[0];
      const count = os.stream_send(this.handle, bytes.dataStart, bytes.length);
      if (count == os.AGAIN) return;
      if (count < 0) return this.fail(count);
      this.unsentBytes -= count;
      if (count == bytes.length) this.unsent.shift();
      else this.unsent[0] = bytes.slice(count);
    }
    if (!this.isOpen) return;
    if (this.ending) this.close();
    else this.drained();
  }

  private fail(code: i32): void {
    this.failure = os.errorName(code);
    this.close();
  }

  private receive(): void {
    while (this.isOpen && this.readable && this.unsentBytes <= unsentLimit) {
      const bytes = new Uint8Array(receiveSize);
      const count = os.stream_receive(this.handle, bytes.dataStart, receiveSize);
      if (count == os.AGAIN) {
        this.readable = false;
      } else if (count < 0) {
        this.fail(count);
      } else if (count == 0) {
        this.readable = false;
        this.ended();
      } else {
        this.received(bytes.subarray(0, count));
      }
    }
  }
}

class Listener {
  constructor(public accept: () => Connection) {}
}

const connections = new Map<i32, Connection>();
const listeners = new Map<i32, Listener>();

function ready(handle: i32, bits: i32): void {
  if (listeners.has(handle)) {
    const listener = listeners.get(handle);
    while (true) {
      const accepted = os.stream_accept(handle);
      if (accepted < 0) return;
      const accept = listener.accept;
      const connection = accept();
      connection.attach(accepted);
      connection.opened();
      connection.ready(os.READABLE);
    }
  }
  if (!connections.has(handle)) return;
  const connection = connections.get(handle);
  connection.ready(bits);
}

/** Accept connections on a port; `accept` makes the object that serves each. */
export function listen(port: i32, accept: () => Connection): void {
  const callback = (handle: i32, bits: i32): void => ready(handle, bits);
  const handle = os.stream_listen(port, callback.index);
  if (handle < 0) throw new Error("cannot listen on port " + port.toString() + ": " + os.errorName(handle));
  listeners.set(handle, new Listener(accept));
  ready(handle, os.READABLE);
}

/** Connect to HOST:PORT, which `connect` in diatom.json has to name. What is written before it stands is sent then. */
export function connect(address: string, connection: Connection): void {
  const text = String.UTF8.encode(address);
  const callback = (handle: i32, bits: i32): void => ready(handle, bits);
  const handle = os.stream_connect(changetype<usize>(text), text.byteLength, callback.index);
  if (handle < 0) throw new Error("cannot connect to " + address + ": " + os.errorName(handle));
  connection.attach(handle);
  connection.opened();
}
