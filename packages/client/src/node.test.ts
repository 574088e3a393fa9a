import { createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import * as ck from "@grep11/cryptoki";
import { codecs, wire } from "@grep11/proto";
import { describe, expect, it } from "vitest";
import { createTestTransport } from "../test/transport.ts";
import { createGrep11Client } from "./client.ts";
import { parseAddress } from "./node.ts";

async function listen(port = 0) {
  const authorizations: (string | null)[] = [];
  const routes = connectNodeAdapter({
    routes: ({ service }) => {
      service(wire.Crypto, {
        generateRandom: (message, { requestHeader }) => {
          authorizations.push(requestHeader.get("authorization"));
          return codecs.generateRandom.response.encode({ rnd: new Uint8Array(Number(message.Len)) });
        },
      });
    },
  });
  const server = createServer(routes);
  const sessions: ServerHttp2Session[] = [];
  server.on("session", (session) => sessions.push(session));
  const stop = async () => {
    for (const session of sessions) session.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { stop, port: (server.address() as AddressInfo).port, authorizations };
}

describe("createGrpcTransport", () => {
  it("uses gRPC over plaintext HTTP/2, with a token, and survives a restart of the server", async () => {
    const first = await listen();
    const transport = createTestTransport({ address: `127.0.0.1:${first.port}`, auth: "abc" });
    const client = createGrep11Client(transport);
    expect((await client.generateRandom({ len: 100_000 })).rnd.length).toBe(100_000);
    expect(first.authorizations).toEqual(["Bearer abc"]);
    await first.stop();
    const second = await listen(first.port);
    expect((await client.generateRandom({ len: 5 })).rnd.length).toBe(5);
    transport.close();
    await second.stop();
  });

  it("throws CKR_DEVICE_REMOVED if nothing is listening", async () => {
    const { stop, port } = await listen();
    await stop();
    const transport = createTestTransport({ address: `127.0.0.1:${port}` });
    const client = createGrep11Client(transport, { retry: { attempts: 2, baseDelayMs: 1 } });
    await expect(client.generateRandom({ len: 5 })).rejects.toMatchObject({ rv: ck.CKR_DEVICE_REMOVED, retry: true });
    transport.close();
  });

  it.each([
    [{ tsl: {} }, "tsl: no such option; there are address, tls, auth, readMaxBytes, connections, http2"],
    [{ token: "abc" }, "token: no such option"],
    [{ tls: { caCert: "" } }, "tls.caCert: no such option; there are ca, cert, key, serverName"],
    [{ toString: 1 }, "toString: no such option"],
    [{ http2: "nghttp2" }, "http2: nghttp2: expected own or node"],
  ])("refuses the options %j, which would omit TLS or a credential", (unknown, message) => {
    const misspelt = () => createTestTransport({ address: "127.0.0.1:1", ...(unknown as object) });
    expect(misspelt).toThrow(expect.objectContaining({ rv: ck.CKR_ARGUMENTS_BAD }));
    expect(misspelt).toThrow(message);
  });

  it("sends tokens over plaintext HTTP/2 only to this machine", () => {
    expect(() => createTestTransport({ address: "hsm.example:9876", auth: "abc" })).toThrow(
      expect.objectContaining({ rv: ck.CKR_ARGUMENTS_BAD }),
    );
  });

  it("reads addresses with and without a scheme", () => {
    expect(parseAddress("hsm:9876", false).href).toBe("http://hsm:9876/");
    expect(parseAddress("hsm:9876", true).href).toBe("https://hsm:9876/");
    expect(parseAddress("http://[::1]:9876", true).href).toBe("http://[::1]:9876/");
    for (const bad of ["", "ftp://hsm", "hsm:port", "http://hsm/path"]) {
      expect(() => parseAddress(bad, false)).toThrow(expect.objectContaining({ rv: ck.CKR_ARGUMENTS_BAD }));
    }
  });
});
