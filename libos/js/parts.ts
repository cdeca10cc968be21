import type { SubtleCrypto } from './crypto/subtle.ts';
import type { AbortSignal } from './events/abort-signal.ts';
import type { BodySource } from './fetch/body.ts';
import type { Blob } from './file/blob.ts';
import type { FormData } from './file/form-data.ts';
import type { BodyReader } from './host.ts';
import type { ReadableStream } from './streams/streams.ts';

/**
 * Parts of `fetch`'s classes that are large and seldom used. `Response` does not import them; the bundler adds the
 * module `link/<part>.ts` when the program names one of the part's properties or globals (`table.ts`), and that module
 * puts the part in here. So an image that only answers with strings carries neither streams nor the URL parser.
 */
export interface Parts {
  readonly streams: {
    /** A byte stream over the source; the source must not be used otherwise from then on. */
    streamOf(source: BodySource): ReadableStream;
    isStream(value: unknown): value is ReadableStream;
    isDisturbed(stream: ReadableStream): boolean;
    tee(stream: ReadableStream): [ReadableStream, ReadableStream];
    /** All chunks in one; rejects with TypeError when one is not a Uint8Array. */
    readAll(stream: ReadableStream): Promise<Uint8Array<ArrayBuffer>>;
    /** Locks the stream; its chunks one by one, TypeError for one that is not a Uint8Array. */
    reader(stream: ReadableStream): BodyReader;
  };
  readonly urls: {
    /** Throws TypeError when it cannot be parsed. */
    parse(url: string): { readonly href: string; readonly hasCredentials: boolean };
  };
  readonly blobs: {
    blobOf(bytes: Uint8Array<ArrayBuffer>, type: string): Blob;
  };
  readonly forms: {
    parse(bytes: Uint8Array<ArrayBuffer>, contentType: string): FormData;
  };
  readonly subtle: { readonly subtle: SubtleCrypto };
  readonly signals: {
    create(): AbortSignal;
    follow(parent: AbortSignal): AbortSignal;
    isSignal(value: unknown): value is AbortSignal;
    abort(signal: AbortSignal): void;
  };
}

const linked: { -readonly [Name in keyof Parts]?: Parts[Name] } = {};

export function link<Name extends keyof Parts>(name: Name, part: Parts[Name]): void {
  linked[name] = part;
}

/** The part when it is in this image. Without it no object of its classes can exist, so there is nothing to ask. */
export function linkedPart<Name extends keyof Parts>(name: Name): Parts[Name] | undefined {
  return linked[name];
}

/** The part, or an error that says why it is not in this image. */
export function needPart<Name extends keyof Parts>(name: Name, member: string): Parts[Name] {
  const part: Parts[Name] | undefined = linked[name];
  if (part === undefined) {
    const property = member.slice(member.lastIndexOf('.') + 1);
    throw new TypeError(
      `${member} needs the part "${name}", which is not in this image because the program nowhere spells ${property}; write it as a plain property so that the build sees it`,
    );
  }
  return part;
}
