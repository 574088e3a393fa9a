/** Reads request bodies of every form into one: uncompressed, in binary envelopes where the protocol has them. */
import type { DescMessage } from "@bufbuild/protobuf";
import { CKR_IBM_TRANSPORT_LIMIT, CkError } from "@grep11/cryptoki";
import { busy, jsonTooLarge, tooLarge } from "../status.ts";
import { bodyLimit, type Holder, readBody, requireCheapMessage } from "./body.ts";
import { inflateBody, requireKnownEncoding } from "./compression.ts";
import { headerOf, type NodeRequest } from "./node.ts";
import type { RequestForm } from "./request-form.ts";
import { decodeText, textLimit } from "./web-text.ts";

/** The bounds within which a body is read. */
export interface BodyBounds {
  /** Most bytes of the message, after decoding and decompression. */
  readonly maxBytes: number;
  readonly timeoutMs: number | undefined;
  /** Counts what is kept in memory. */
  readonly holder: Holder | undefined;
}

/**
 * The body of `request`, which is one message of `schema`. Errors: those of readBody, inflateBody, decodeText and
 * requireCheapMessage.
 */
export async function readMessageBody(
  request: NodeRequest,
  form: RequestForm,
  schema: DescMessage,
  bounds: BodyBounds,
): Promise<Uint8Array> {
  try {
    requireKnownEncoding(form.encoding);
    const body = await readDecoded(request, form, bounds);
    requireCheapMessage(body, schema, form.enveloped, form.json);
    return body;
  } catch (thrown) {
    const isLimit = thrown instanceof CkError && thrown.rv === CKR_IBM_TRANSPORT_LIMIT;
    throw isLimit && form.json ? jsonTooLarge(bounds.maxBytes) : thrown;
  }
}

async function readDecoded(
  request: NodeRequest,
  { text, encoding, enveloped }: RequestForm,
  { maxBytes, timeoutMs, holder }: BodyBounds,
): Promise<Uint8Array> {
  const most = bodyLimit(maxBytes, enveloped);
  const announced = headerOf(request, "content-length");
  let body = await readBody(request, announced, text ? textLimit(most) : most, timeoutMs, holder);
  if (text) {
    if (holder?.hold(body.length) === false) throw busy("too many bytes of requests are in flight");
    body = decodeText(body);
    if (body.length > most) throw tooLarge();
  }
  return encoding === undefined ? body : inflateBody(body, encoding, enveloped, maxBytes, holder);
}
