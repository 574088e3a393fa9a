/**
 * Tests many large concurrent calls over few connections. The server must serve all of them: flow control and the limit
 * on pending request bytes can delay the calls, but limits of an HTTP/2 library must not reset them. Another client
 * must be able to make calls at the same time.
 */
import { createGrep11Client, mechanism, template } from "@grep11/client";
import { createGrpcTransport } from "@grep11/client/node";
import * as ck from "@grep11/cryptoki";
import { afterEach, describe, expect, it } from "vitest";
import { createKeyring, type ServedEngine, serveEngine } from "../../src/index.ts";

const MIB = 1024 * 1024;
const mech = mechanism.aesCbc(new Uint8Array(16));

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(options: Parameters<typeof serveEngine>[1] = {}): Promise<ServedEngine> {
  const server = await serveEngine({ keyring: createKeyring() }, options);
  closers.push(() => server.close());
  return server;
}

/** Returns a new client that does not retry calls. */
function connect({ address }: ServedEngine, connections = 1): ck.Ep11 {
  const transport = createGrpcTransport({ address, connections, readMaxBytes: 70 * MIB });
  closers.push(() => transport.close());
  return createGrep11Client(transport, { retry: { attempts: 1 } });
}

async function aesKey(ep11: ck.Ep11): Promise<ck.KeyBlob> {
  const attributes = template({ CKA_VALUE_LEN: 32, CKA_ENCRYPT: true, CKA_DECRYPT: true });
  return (await ep11.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template: attributes })).key;
}

/**
 * Runs `count` concurrent calls, and returns their errors and responses. Another client makes calls at the same time,
 * and all of its calls must succeed.
 */
async function together<T>(server: ServedEngine, count: number, call: (i: number) => Promise<T>) {
  let running = true;
  const other = connect(server);
  const bystander = (async () => {
    const failures: unknown[] = [];
    for (let calls = 0; running || calls < 3; calls++)
      await other.generateRandom({ len: 16 }).catch((error) => failures.push(error));
    return failures;
  })();
  const settled = await Promise.allSettled(Array.from({ length: count }, (_, i) => call(i)));
  running = false;
  expect(await bystander).toEqual([]);
  const failures = settled.flatMap((each) => (each.status === "rejected" ? [each.reason as unknown] : []));
  const responses = settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  return { failures, responses };
}

describe.each([
  ["24 calls of 1 MiB over one connection", 24, 1, MIB, 1],
  ["100 calls of 1 MiB over one connection", 100, 1, MIB, 1],
  ["200 calls of 256 KiB over one connection, more than it has streams", 200, 1, MIB / 4, 1],
  ["48 calls of 2 MB over two connections", 48, 2, 2_000_000, 1],
  ["24 calls of nearly 4 MiB over one connection", 24, 1, 4 * MIB - 1024, 1],
  ["2 calls of nearly 64 MiB over one connection", 2, 1, 64 * MIB - 1024, 64],
])("%s", (_, count, connections, size, maxDataMib) => {
  it.each(["own", "node"] as const)(
    "are all served over HTTP/2 of our own and of Node (%s): encryption and decryption",
    async (http2) => {
      const server = await serve({
        http2,
        ...(maxDataMib === 1 ? {} : { maxDataBytes: maxDataMib * MIB, maxPendingBytes: 1024 * MIB }),
      });
      const ep11 = connect(server, connections);
      const key = await aesKey(ep11);
      const plain = new Uint8Array(size);
      const encrypted = await together(server, count, () => ep11.encryptSingle({ mech, key, plain }));
      expect(encrypted.failures).toEqual([]);
      const { ciphered } = encrypted.responses[0]!;
      const decrypted = await together(server, count, async () => {
        const { plain: response } = await ep11.decryptSingle({ mech, key, ciphered });
        return Buffer.from(response.buffer, response.byteOffset, response.length).equals(plain);
      });
      expect(decrypted.failures).toEqual([]);
      expect(decrypted.responses).toEqual(Array(count).fill(true));
    },
    60_000,
  );
});

it("large responses to small requests are counted too: served, or refused with CKR_DEVICE_MEMORY and retryable", async () => {
  const server = await serve({ maxDataBytes: MIB, maxPendingBytes: 8 * MIB });
  const ep11 = connect(server);
  const { failures, responses } = await together(server, 100, () => ep11.generateRandom({ len: 1_000_000 }));
  expect(responses.length).toBeGreaterThan(0);
  for (const error of failures) expect(error).toMatchObject({ rv: ck.CKR_DEVICE_MEMORY, retry: true });
  expect(failures.every((error) => error instanceof ck.CkError)).toBe(true);
});
