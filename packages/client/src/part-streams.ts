/** The operations of parts.ts as Web Streams: `file.stream().pipeThrough(encryptStream(ep11, keyed)).pipeTo(sink)`. */
import type * as ck from "@grep11/cryptoki";
import { decryptParts, encryptParts, type KeyedMechanism, type PartOptions } from "./parts.ts";

/** What `ReadableStream.pipeThrough` takes. */
export interface PartStream {
  readonly writable: WritableStream<Uint8Array>;
  readonly readable: ReadableStream<Uint8Array>;
}

/** Clear text in, cipher text out; fails as `encryptParts`. */
export function encryptStream(ep11: ck.Ep11, keyed: KeyedMechanism, options?: PartOptions): PartStream {
  return through((source) => encryptParts(ep11, keyed, source, options));
}

/** Cipher text in, clear text out; fails as `decryptParts`, and what it says of unchecked clear text holds here. */
export function decryptStream(ep11: ck.Ep11, keyed: KeyedMechanism, options?: PartOptions): PartStream {
  return through((source) => decryptParts(ep11, keyed, source, options));
}

/**
 * A stream for `transform`, with back-pressure both ways: nothing is read ahead of the reader. (TransformStream would call
 * for the first part at once; ReadableStream.from is missing in browsers.)
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

/** Leaving the loop early, by an error or by return, cancels the stream, so that its writer stops. */
async function* readAll(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  } finally {
    await reader.cancel();
  }
}
