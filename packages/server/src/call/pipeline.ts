/**
 * Runs the steps from a request to its response: admission, reading the body, decoding, interceptors, implementation,
 * encoding. Interceptors run after admission, so they cannot weaken it.
 */
import type { Message } from "@bufbuild/protobuf";
import * as ck from "@grep11/cryptoki";
import { jsonLimit } from "../limits/sizes.ts";
import type { Grep11ServerOptions } from "../options.ts";
import { admit } from "./admission.ts";
import type { Call, Respond } from "./call.ts";
import { ENVELOPE_BYTES } from "./envelope.ts";
import { parseMessage, writeMessage } from "./message.ts";

/** A request that has been decoded. */
interface Decoded {
  readonly message: Message;
  readonly request: object;
}

/**
 * Creates the pipeline of a server. A call fails with the error of the step that throws. It fails with
 * CKR_DEVICE_MEMORY and `retry` while too many bytes of responses wait to be read.
 */
export function createPipeline(options: Grep11ServerOptions): Respond {
  const { authorise, interceptors = [] } = options;
  const maxJsonBytes = jsonLimit(options);
  const run = interceptors.length === 0 ? undefined : ck.composeInterceptors(interceptors);

  /** Encodes the response in the form in which it is sent. */
  function encode(call: Call, { message }: Decoded, response: object): Uint8Array {
    const { exchange, context, method } = call;
    const encoded = writeMessage(method, response, message, exchange, maxJsonBytes);
    call.holdResponse(encoded.length);
    if (context !== undefined) context.bytesOut = messageBytes(call, encoded);
    return encoded;
  }

  async function intercept(run: ck.InterceptedRun, call: Call, decoded: Decoded): Promise<Uint8Array> {
    let inner: { readonly response: object; readonly encoded: Uint8Array } | undefined;
    const response = await run(call.context!, async () => {
      call.requireRunning();
      const response = await call.untilStopped(call.invoke(decoded.request));
      // The response is encoded here, so that interceptors see its size and any error of the encoding.
      inner = { response, encoded: encode(call, decoded, response) };
      return response;
    });
    return response === inner?.response ? inner.encoded : encode(call, decoded, response);
  }

  return async (call) => {
    const { method, exchange } = call;
    await admit(call, authorise);
    const body = await exchange.read(call);
    const message = parseMessage(method, body, exchange, call.maxBytes);
    call.requireRunning();
    const decoded = { message, request: method.request.decode(message) };
    noteRequest(call, body, decoded);
    if (run !== undefined) return await intercept(run, call, decoded);
    return encode(call, decoded, await call.invoke(decoded.request));
  };
}

function noteRequest(call: Call, body: Uint8Array, { request }: Decoded): void {
  const { context, method } = call;
  if (context === undefined) return;
  context.bytesIn = messageBytes(call, body);
  context.mechanisms.push(...(method.mechanismsOf?.(request) ?? []));
}

/** Returns the size in bytes of a message without its envelope. */
function messageBytes({ exchange }: Call, body: Uint8Array): number {
  return exchange.enveloped ? body.length - ENVELOPE_BYTES : body.length;
}
