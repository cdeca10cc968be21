import type { ApiStream } from '@diatom/sdk/api';

/** The stream, and a call when it is over: every transport cancels one when it is done with it, whoever ended it. */
export function endingWith(stream: ApiStream, ended: () => void): ApiStream {
  let isOver = false;
  const { chunks, isWhole, source } = stream;
  return {
    chunks,
    ...(isWhole === undefined ? {} : { isWhole }),
    ...(source === undefined ? {} : { source }),
    cancel: () => {
      if (!isOver) ended();
      isOver = true;
      stream.cancel();
    },
  };
}
