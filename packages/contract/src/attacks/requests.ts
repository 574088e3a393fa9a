/** Encodes the heads and bodies of gRPC requests, including heads that HTTP forbids. */

type Fields = Readonly<Record<string, string>>;

/** The first byte of a header field that is sent as a literal and not indexed (RFC 7541, section 6.2). */
export const NOT_INDEXED = 0;
/** The first byte of a header field that is sent as a literal and enters the dynamic table. */
export const INDEXED = 0x40;

/** Encodes an integer with a prefix of seven bits (RFC 7541, section 5.1). */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.of(value);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest >>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  return Buffer.concat([integer(bytes.length), bytes]);
}

/** Encodes header fields as literals, without referring to names in a table. */
export function fields(list: readonly (readonly [string, string])[], form: number = NOT_INDEXED): Buffer {
  return Buffer.concat(list.flatMap(([name, value]) => [Buffer.of(form), text(name), text(value)]));
}

/** Encodes the head of a gRPC call of `rpc`. `more` adds fields, or replaces the usual fields of the same name. */
export function head(rpc: string, more: Fields = {}): Buffer {
  const path = rpc.startsWith("/") ? rpc : `/grep11.Crypto/${rpc}`;
  const usual = { ":method": "POST", ":scheme": "http", ":path": path, ":authority": "hsm" };
  return fields(Object.entries({ ...usual, "content-type": "application/grpc", te: "trailers", ...more }));
}

/** Puts a message into its gRPC envelope. */
function envelope(message: readonly number[]): Buffer {
  const bytes = Buffer.alloc(5 + message.length);
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, 5);
  return bytes;
}

/** An encoded GenerateRandomRequest for 1 byte. */
export const ONE_BYTE = envelope([8, 1]);
/** An encoded GenerateRandomRequest for 32 KiB. The response is a thousand times longer than the request. */
export const LARGE_RANDOM = envelope([8, 0x80, 0x80, 2]);

/** Heads that RFC 9113, section 8, forbids. Some of them could be used for request smuggling through a proxy. */
export const FORBIDDEN_HEADS: readonly Buffer[] = [
  head("GenerateRandom", { "X-Upper": "1" }),
  head("GenerateRandom", { ":unknown": "1" }),
  head("GenerateRandom", { connection: "close" }),
  head("GenerateRandom", { "transfer-encoding": "chunked" }),
  head("GenerateRandom", { te: "gzip" }),
  head("GenerateRandom", { host: "another" }),
  head("GenerateRandom", { "content-length": "1, 2" }),
  head("GenerateRandom", { ":path": "" }),
  head("GenerateRandom", { "x\r\nevil": "1" }),
  head("GenerateRandom", { x: "1\r\nevil: 2" }),
  head("GenerateRandom", { x: "1\u0000" }),
  head("GenerateRandom", { x: " padded " }),
  head("GenerateRandom", { "": "" }),
  Buffer.concat([head("GenerateRandom"), fields([[":method", "GET"]])]),
  fields([
    ["x", "1"],
    [":method", "POST"],
  ]),
];
