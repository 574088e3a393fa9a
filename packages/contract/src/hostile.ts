/** Attacks by hostile clients. A parameter determines the size of the attack, and the result is the server's response. */
import { type ClientHttp2Session, connect } from "node:http2";
import { connect as connectTcp } from "node:net";
import { createGzip } from "node:zlib";
import { encodeEnvelope } from "@connectrpc/connect/protocol";

/** An attack on the server at `address` (`host:port`). Returns the gRPC status, or how the connection ended. */
type Attack = (address: string) => Promise<string>;

const MIB = 1024 * 1024;

/** Sends `body` to an RPC over a new connection. Returns grpc-status and grpc-message, or how the stream ended. */
async function sendRaw(
  address: string,
  rpc: string,
  body: Uint8Array,
  headers: Record<string, string> = {},
): Promise<string> {
  const session = openSession(address);
  try {
    return await new Promise((resolve) => {
      const path = `/grep11.Crypto/${rpc}`;
      const stream = session.request({
        ":method": "POST",
        ":path": path,
        "content-type": "application/grpc",
        ...headers,
      });
      const onStatus = (fields: NodeJS.Dict<unknown>) => {
        if (fields["grpc-status"] !== undefined) resolve(`${fields["grpc-status"]} ${fields["grpc-message"] ?? ""}`);
      };
      stream
        .on("response", onStatus)
        .on("trailers", onStatus)
        .on("error", () => undefined)
        .resume();
      stream.on("close", () => resolve(`closed with code ${stream.rstCode}`));
      stream.end(body);
    });
  } finally {
    session.destroy();
  }
}

function openSession(address: string): ClientHttp2Session {
  const session = connect(`http://${address}`);
  session.on("error", () => undefined);
  return session;
}

/** Returns `bytes` zeros compressed with gzip, generated as a stream. */
async function gzipOfZeros(bytes: number): Promise<Buffer> {
  const gzip = createGzip();
  const chunks: Buffer[] = [];
  gzip.on("data", (chunk: Buffer) => chunks.push(chunk));
  const zeros = Buffer.alloc(MIB);
  for (let left = bytes; left > 0; left -= zeros.length) {
    if (!gzip.write(zeros.subarray(0, Math.min(left, zeros.length)))) {
      await new Promise((resolve) => gzip.once("drain", resolve));
    }
  }
  await new Promise<void>((resolve) => {
    gzip.once("end", resolve).end();
  });
  return Buffer.concat(chunks);
}

/** Sends a small compressed message that inflates to `bytes` bytes. */
export function gzipBomb(bytes: number): Attack {
  return async (address) =>
    sendRaw(address, "EncryptSingle", encodeEnvelope(1, await gzipOfZeros(bytes)), { "grpc-encoding": "gzip" });
}

/** Sends a message of `depth` nested groups. */
export function nestedGroups(depth: number): Attack {
  return (address) => sendRaw(address, "EncryptSingle", encodeEnvelope(0, Buffer.alloc(depth, 0xa3)));
}

/** Sends an UnwrapKey request whose template has `bytes` bytes and consists of the smallest possible entries. */
export function hugeTemplate(bytes: number): Attack {
  const entries = Buffer.alloc(Math.floor(bytes / 8) * 8);
  for (let at = 0, key = 0; at < entries.length; at += 8, key++) {
    // Field 9 contains an entry of 6 bytes, which consists of the key of the map and an empty AttributeValue.
    entries.set([0x4a, 6, 8, (key & 127) | 128, ((key >> 7) & 127) | 128, (key >> 14) & 127, 0x12, 0], at);
  }
  return (address) => sendRaw(address, "UnwrapKey", encodeEnvelope(0, entries));
}

/** Calls an RPC that does not exist. */
export const unknownRpc: Attack = (address) => sendRaw(address, "MakeCoffee", encodeEnvelope(0, Buffer.alloc(0)));

/**
 * Sends a JSON template that contains one attribute twice, with its number in decimal and in hexadecimal. Returns the HTTP status
 * and the message of the error.
 */
export const nonCanonicalKeys: Attack = async (address) => {
  const body = '{"Mech":{"Mechanism":"4224"},"Template":{"354":{"AttributeTF":false},"0x162":{"AttributeTF":true}}}';
  const headers = { "content-type": "application/json" };
  const response = await fetch(`http://${address}/grep11.Crypto/GenerateKey`, { method: "POST", headers, body });
  const { message } = (await response.json()) as { readonly message?: string };
  return `${response.status} ${message}`;
};

/** Sends bytes that are not HTTP, and then frames that are not valid HTTP/2. */
export const garbage: Attack = async (address) => {
  const [host, port] = address.split(":") as [string, string];
  const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  for (const bytes of [Buffer.alloc(1000, 0xee), Buffer.concat([preface, Buffer.alloc(1000, 0xee)])]) {
    const socket = connectTcp(Number(port), host);
    socket.on("error", () => undefined).resume();
    socket.write(bytes);
    await new Promise((resolve) => socket.once("close", resolve));
  }
  return "closed";
};

/**
 * Opens `count` clients that disconnect while the server generates their RSA key pairs, and in the middle of the request of
 * another call.
 */
export function disconnecting(count: number): Attack {
  // An encoded GenerateKeyPair request with CKM_RSA_PKCS_KEY_PAIR_GEN and CKA_MODULUS_BITS 4096.
  const request = Buffer.from("0a00420808a1021203188020", "hex");
  return async (address) => {
    for (let i = 0; i < count; i++) {
      const session = openSession(address);
      const headers = { ":method": "POST", "content-type": "application/grpc" };
      const generate = session.request({ ...headers, ":path": "/grep11.Crypto/GenerateKeyPair" });
      const sign = session.request({ ...headers, ":path": "/grep11.Crypto/SignSingle" });
      for (const stream of [generate, sign]) stream.on("error", () => undefined);
      generate.end(encodeEnvelope(0, request));
      sign.write(encodeEnvelope(0, Buffer.alloc(1000)).subarray(0, 500));
      await new Promise((resolve) => setTimeout(resolve, 5));
      session.destroy();
    }
    return "gone";
  };
}
