/** Requests of a program to other hosts, by Node, as the library OS hands their answers to a program in an image. */
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { machineErrors } from '@diatom/libos';
import { isAllowed, parseTarget } from '@diatom/libos/connect';
import type { CallPrimitives } from '@diatom/libos/js/runtime/primitives.ts';
import { createInflate } from './inflate.ts';

const eventHead = 0;
const eventReady = 1;
const eventFailed = 2;
const bodyFlags = 2 | 4;

/** libos/guest/os/http/response-head.ts: what Node's parser refuses is not told apart. */
const badResponse = 103;

interface Call {
  readonly sent: ClientRequest;
  response: IncomingMessage | undefined;
  isOver: boolean;
}

/** `buffer` makes a buffer of the program's global scope; `connect` is what diatom.json has under that name. */
export function createCalls(connect: readonly string[], buffer: (bytes: Uint8Array) => ArrayBuffer): CallPrimitives {
  const agents = { plain: new Agent({ keepAlive: true }), secure: new SecureAgent({ keepAlive: true }) };
  const calls = new Map<number, Call>();
  let last = 0;
  let onCall: (number: number, event: number) => void = () => {};

  const fail = (number: number, code: number): void => {
    if (calls.delete(number)) onCall(number, eventFailed | (code << 8));
  };

  return {
    ...createInflate(buffer),
    registerCalls: (registered) => {
      onCall = registered;
    },
    call: (address, head, flags) => {
      const target = parseTarget(address);
      if (target === undefined) return machineErrors.invalid;
      if (!isAllowed(target, connect)) return machineErrors.denied;
      const [line = '', ...fields] = head.split('\r\n').slice(0, -2);
      const [method = '', path = ''] = line.split(' ');
      const headers = fields.flatMap((field) => {
        const end = field.indexOf(': ');
        return [field.slice(0, end), field.slice(end + 2)];
      });
      const options = {
        host: target.host,
        port: target.port,
        method,
        path,
        headers,
        agent: target.isTls ? agents.secure : agents.plain,
      };
      const number = ++last;
      const sent = target.isTls ? secureRequest(options) : request(options);
      const call: Call = { sent, response: undefined, isOver: false };
      calls.set(number, call);
      sent.on('response', (response) => {
        call.response = response;
        response.on('readable', () => onCall(number, eventReady));
        response.on('end', () => {
          call.isOver = true;
          onCall(number, eventReady);
        });
        response.on('error', () => onCall(number, eventReady));
        onCall(number, eventHead);
      });
      sent.on('drain', () => onCall(number, eventReady));
      sent.on('error', (error: NodeJS.ErrnoException) => {
        if (call.response !== undefined) onCall(number, eventReady);
        else fail(number, codeOf(error));
      });
      if ((flags & bodyFlags) === 0) sent.end();
      return number;
    },
    callPiece: (number, bytes) => {
      const call = calls.get(number);
      if (call === undefined || call.sent.destroyed) return -1;
      return call.sent.write(new Uint8Array(bytes)) ? 0 : call.sent.writableLength;
    },
    callFinish: (number) => void calls.get(number)?.sent.end(),
    callCancel: (number) => {
      const call = calls.get(number);
      calls.delete(number);
      call?.sent.destroy();
    },
    callHead: (number) => {
      const response = calls.get(number)?.response;
      const fields = (response?.rawHeaders ?? []).map((text, at) => (at % 2 === 0 ? text.toLowerCase() : text));
      return [`${response?.statusCode} ${response?.statusMessage}`, ...fields].join('\n');
    },
    callBody: () => -2,
    callReceive: (number) => {
      const call = calls.get(number);
      if (call?.response === undefined) return machineErrors.closed;
      const chunk: Buffer | null = call.response.read();
      if (chunk !== null) return buffer(chunk);
      if (!call.isOver && !call.response.destroyed) return machineErrors.again;
      calls.delete(number);
      if (call.isOver) return 0;
      return call.response.complete ? 0 : machineErrors.closed;
    },
  };
}

function codeOf({ code = '' }: NodeJS.ErrnoException): number {
  if (code.startsWith('HPE_')) return badResponse;
  return code === 'ECONNRESET' || code === 'EPIPE' ? -machineErrors.closed : -machineErrors.refused;
}
