/** One fetch and what comes of it, as data: run by Node and in an image, and compared. */

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A stream of these texts instead of `body`. */
  readonly pieces?: readonly string[];
  readonly redirect?: 'follow' | 'manual' | 'error';
  /** Aborted before, after so long, or when this much of the body has been read. */
  readonly abort?: 'before' | 'timeout' | 'body';
}

export interface Outcome {
  readonly status?: number;
  readonly statusText?: string;
  readonly type?: string;
  readonly url?: string;
  readonly redirected?: boolean;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string | null;
  readonly error?: string;
  readonly message?: string;
  readonly cause?: string;
}

function streamOf(pieces: readonly string[]): ReadableStream {
  const encoder = new TextEncoder();
  const rest = [...pieces];
  return new ReadableStream({
    pull(controller) {
      const piece = rest.shift();
      if (piece === undefined) controller.close();
      else if (piece === 'FAIL') controller.error(new Error('the source ran dry'));
      else controller.enqueue(encoder.encode(piece));
    },
  });
}

export async function outcome(url: string, asked: Asked): Promise<Outcome> {
  const { pieces, abort, ...init } = asked;
  const controller = new AbortController();
  if (abort === 'before') controller.abort(new RangeError('not wanted'));
  const signal = abort === 'timeout' ? AbortSignal.timeout(30) : controller.signal;
  const ofStream = pieces === undefined ? {} : { body: streamOf(pieces), duplex: 'half' as const };
  try {
    const response = await fetch(url, {
      ...init,
      ...ofStream,
      ...(abort === undefined ? {} : { signal }),
    } as RequestInit);
    const { status, statusText, type, redirected } = response;
    if (abort === 'body') {
      const reader = response.body?.getReader();
      await reader?.read();
      controller.abort(new RangeError('enough'));
      await reader?.read();
    }
    const body = response.body === null ? null : await response.text();
    return { status, statusText, type, url: response.url, redirected, headers: [...response.headers], body };
  } catch (error) {
    const { name, message, cause } = error as Error;
    return { error: name, message, ...(cause instanceof Error ? { cause: cause.message } : {}) };
  }
}
