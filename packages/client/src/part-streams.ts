/** Offers the operations of parts.ts as Web Streams: `file.stream().pipeThrough(encryptStream(ep11, keyed)).pipeTo(sink)`. */
import type * as ck from "@grep11/cryptoki";
import { decryptParts, encryptParts, type KeyedMechanism, type PartOptions } from "./parts.ts";

/** A pair of streams for `ReadableStream.pipeThrough`. */
export interface PartStream {
  readonly writable: WritableStream<Uint8Array>;
  readonly readable: ReadableStream<Uint8Array>;
}

/** Returns a stream that encrypts. It fails with the same errors as `encryptParts`. */
export function encryptStream(ep11: ck.Ep11, keyed: KeyedMechanism, options?: PartOptions): PartStream {
  return through((source) => encryptParts(ep11, keyed, source, options));
}

/**
 * Returns a stream that decrypts. It fails with the same errors as `decryptParts`. The plaintext may not have been
 * verified yet, see `decryptParts`.
 */
export function decryptStream(ep11: ck.Ep11, keyed: KeyedMechanism, options?: PartOptions): PartStream {
  return through((source) => decryptParts(ep11, keyed, source, options));
}

/**
 * Returns a stream that runs `transform`. Nothing is read from the source before the reader requests output. A
 * TransformStream alone would read the first part at once, and not all browsers have ReadableStream.from.
 */
function through(transform: (source: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array>): PartStream {
  const pipe = new TransformStream<Uint8Array, Uint8Array>();
  const reader = pipe.readable.getReader();
  const outputs = transform(readAll(reader));
  const readable = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await outputs.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel(reason) {
        const ended = outputs.return(undefined);
        await reader.cancel(reason);
        await ended;
      },
    },
    { highWaterMark: 0 },
  );
  return { writable: pipe.writable, readable };
}

/**
 * Yields the chunks of a stream. If the caller leaves the loop early, the stream is cancelled, so that its writer
 * stops.
 */
async function* readAll(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  } finally {
    await reader.cancel();
  }
}
