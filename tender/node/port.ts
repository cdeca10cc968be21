/** A listening port of a slot. It outlives instances: connections that nobody accepted wait here. */
import { createServer, type Server } from 'node:net';
import { TenderError } from '../instances.ts';
import { Connection } from './connection.ts';

export class Port {
  readonly port: number;
  readonly #server: Server;
  readonly #waiting: Connection[] = [];
  #onConnection: () => void = () => {};

  private constructor(port: number) {
    this.port = port;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#waiting.push(new Connection(socket));
      this.#onConnection();
    });
  }

  static open(port: number, address: string, hostPort: number): Promise<Port> {
    const opened = new Port(port);
    return new Promise((resolve, reject) => {
      opened.#server.once('error', (error) => {
        reject(new TenderError('listen', `cannot listen on ${address}:${hostPort}: ${error.message}`));
      });
      opened.#server.listen({ host: address, port: hostPort }, () => resolve(opened));
    });
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Called for every connection that arrives; replaces the previous listener. */
  onConnection(listener: () => void): void {
    this.#onConnection = listener;
  }

  accept(): Connection | undefined {
    return this.#waiting.shift();
  }

  close(): void {
    this.#onConnection = () => {};
    this.#server.close();
    for (const connection of this.#waiting.splice(0)) connection.destroy();
  }
}
