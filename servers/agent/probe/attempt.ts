/** One try of a probe, in the kubelet's words (k8s.io/kubernetes pkg/probe). */
import { get } from 'node:http';
import { connect, isIPv6 } from 'node:net';
import type { Container, Probe } from '@diatom/sdk';

export type Attempt = { readonly result: 'success' } | { readonly result: 'failure'; readonly why: string };

const success: Attempt = { result: 'success' };
const failure = (why: string): Attempt => ({ result: 'failure', why });

/** Timers of Node go no further. */
const longestTimeoutMs = 2 ** 31 - 1;

/** Never rejects: hosts, ports and headers are the pod author's, and Node throws at those it cannot use. */
export async function attempt(probe: Probe, container: Container, podIP: string): Promise<Attempt> {
  try {
    return await attemptOnce(probe, container, podIP);
  } catch (error) {
    return failure(error instanceof Error ? error.message : String(error));
  }
}

function attemptOnce(probe: Probe, container: Container, podIP: string): Promise<Attempt> {
  const timeoutMs = Math.min((probe.timeoutSeconds ?? 1) * 1000, longestTimeoutMs);
  const { httpGet, tcpSocket } = probe;
  const action = httpGet ?? tcpSocket;
  if (action === undefined) return Promise.resolve(failure('the probe names no action'));
  const port = portOf(action.port, container);
  if (port === undefined)
    return Promise.resolve(failure(`no port of container ${container.name} is called ${action.port}`));
  const host = action.host === undefined || action.host === '' ? podIP : action.host;
  return httpGet === undefined ? tryConnect(host, port, timeoutMs) : tryGet(httpGet, host, port, timeoutMs);
}

function portOf(port: number | string, container: Container): number | undefined {
  if (typeof port === 'number') return port;
  return container.ports?.find(({ name }) => name === port)?.containerPort;
}

function tryConnect(host: string, port: number, timeoutMs: number): Promise<Attempt> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const finish = (outcome: Attempt): void => {
      socket.destroy();
      resolve(outcome);
    };
    socket.once('connect', () => finish(success));
    socket.once('timeout', () => finish(failure(`dial tcp ${host}:${port}: i/o timeout`)));
    socket.once('error', (error) => finish(failure(`dial tcp ${host}:${port}: ${error.message}`)));
  });
}

function tryGet(
  { path = '/', httpHeaders = [] }: NonNullable<Probe['httpGet']>,
  host: string,
  port: number,
  timeoutMs: number,
): Promise<Attempt> {
  const url = `http://${isIPv6(host) ? `[${host}]` : host}:${port}${path.startsWith('/') ? path : `/${path}`}`;
  return new Promise((resolve) => {
    const headers = Object.fromEntries([
      ['user-agent', 'kube-probe/1.35'],
      ...httpHeaders.map(({ name, value }) => [name.toLowerCase(), value] as const),
    ]);
    const request = get(url, { headers, agent: false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const status = response.statusCode ?? 0;
      response.destroy();
      resolve(status >= 200 && status < 400 ? success : failure(`HTTP probe failed with statuscode: ${status}`));
    });
    request.once('error', (error) =>
      resolve(
        failure(
          error.name === 'AbortError' || error.name === 'TimeoutError'
            ? `Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`
            : `Get "${url}": ${error.message}`,
        ),
      ),
    );
  });
}
