interface MessageEventInit<Data = unknown> extends EventInit {
  data?: Data | undefined;
  lastEventId?: string | undefined;
  origin?: string | undefined;
  ports?: readonly MessagePort[] | undefined;
  source?: MessagePort | null | undefined;
}

declare class MessageEvent<Data = unknown> extends Event {
  constructor(type: string, init?: MessageEventInit<Data> | null);
  readonly data: Data;
  readonly lastEventId: string;
  readonly origin: string;
  readonly ports: readonly MessagePort[];
  readonly source: MessagePort | null;
}

declare class MessagePort extends EventTarget {
  private constructor();
  onmessage: ((this: MessagePort, event: MessageEvent) => unknown) | null;
  onmessageerror: ((this: MessagePort, event: MessageEvent) => unknown) | null;
  close(): void;
  postMessage(message: unknown, options?: readonly object[] | StructuredSerializeOptions | null): void;
  start(): void;
}

declare class MessageChannel {
  readonly port1: MessagePort;
  readonly port2: MessagePort;
  readonly [Symbol.toStringTag]: string;
}
