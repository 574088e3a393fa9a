/**
 * Reads request bodies and converts them to one form. In that form, a body is uncompressed, and is in a binary envelope
 * if the protocol uses envelopes.
 */
import * as ck from "@grep11/cryptoki";
import { ENVELOPE_BYTES } from "../call/envelope.ts";
import type { BodyLimits } from "../call/exchange.ts";
import { jsonTooLarge, tooLarge, tooManyInFlight } from "../status.ts";
import { inflateBody, requireKnownEncoding } from "./compression.ts";
import type { HttpExchange } from "./http-exchange.ts";
import type { RequestForm } from "./request-form.ts";
import { decodeText, textLimit } from "./web-text.ts";

/** Returns the body of `exchange`. Throws the errors of readBody, inflateBody and decodeText. */
export function readMessageBody(
  exchange: HttpExchange,
  form: RequestForm,
  limits: BodyLimits,
): Uint8Array | Promise<Uint8Array> {
  const isPlain = !form.text && !form.json && form.encoding === undefined;
  return isPlain ? exchange.readBody(mostBytes(form, limits), limits) : readConverted(exchange, form, limits);
}

/** Returns how many bytes a binary body may have. */
function mostBytes({ enveloped }: RequestForm, { maxBytes }: BodyLimits): number {
  return enveloped ? maxBytes + ENVELOPE_BYTES : maxBytes;
}

async function readConverted(exchange: HttpExchange, form: RequestForm, limits: BodyLimits): Promise<Uint8Array> {
  try {
    return await readDecoded(exchange, form, limits);
  } catch (thrown) {
    const isLimit = thrown instanceof ck.CkError && thrown.rv === ck.CKR_IBM_TRANSPORT_LIMIT;
    throw isLimit && form.json ? jsonTooLarge(limits.maxBytes) : thrown;
  }
}

async function readDecoded(exchange: HttpExchange, form: RequestForm, limits: BodyLimits): Promise<Uint8Array> {
  const { text, encoding, enveloped } = form;
  requireKnownEncoding(encoding);
  const most = mostBytes(form, limits);
  let body = await exchange.readBody(text ? textLimit(most) : most, limits);
  if (text) {
    if (!limits.reserve(body.length)) throw tooManyInFlight();
    body = decodeText(body);
    if (body.length > most) throw tooLarge();
  }
  return encoding === undefined ? body : inflateBody(body, encoding, enveloped, limits);
}
