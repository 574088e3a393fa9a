import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import * as ck from "@grep11/cryptoki";
import { codecs, wire } from "@grep11/proto";
import { describe, expect, it } from "vitest";
import { createGrep11Client } from "./client.ts";
import { createConnectTransport, createGrpcWebTransport } from "./web.ts";

describe.each([
  ["Connect", createConnectTransport],
  ["gRPC-Web", createGrpcWebTransport],
])("%s over fetch", (_, createTransport) => {
  it("carries calls, tokens and errors, and reports an unreachable server", async () => {
    const routes = connectNodeAdapter({
      routes: ({ service }) => {
        service(wire.Crypto, {
          generateRandom: (message, { requestHeader }) => {
            if (requestHeader.get("authorization") !== "Bearer abc") throw new Error("no token");
            return codecs.generateRandom.response.encode({ rnd: new Uint8Array(Number(message.Len)) });
          },
          wrapKey: () => {
            throw new ConnectError("CKR_KEY_UNEXTRACTABLE", Code.Unknown);
          },
        });
      },
    });
    const server = createServer(routes);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = createGrep11Client(createTransport({ baseUrl, auth: "abc" }), { retry: { attempts: 1 } });
    expect((await client.generateRandom({ len: 9 })).rnd.length).toBe(9);
    const key = Uint8Array.of(1);
    const wrapping = client.wrapKey({ mech: { mechanism: 0 }, key, kek: key });
    await expect(wrapping).rejects.toMatchObject({ rv: ck.CKR_KEY_UNEXTRACTABLE });
    await expect(wrapping).rejects.toBeInstanceOf(ck.CkError);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await expect(client.generateRandom({ len: 9 })).rejects.toMatchObject({ rv: ck.CKR_DEVICE_REMOVED, retry: true });
  });
});
