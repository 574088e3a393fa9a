import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import * as ck from "@grep11/cryptoki";
import { codecs, wire } from "@grep11/proto";
import { afterEach, describe, expect, it } from "vitest";
import { createGrep11Client } from "../client.ts";
import { bearerInterceptor } from "./bearer.ts";
import { iamTokenSource } from "./iam-token.ts";

/** Returns a fake IAM that issues token-1, token-2, ... and records the requests. */
function iam(answer: (n: number) => Response = (n) => Response.json({ access_token: `token-${n}`, expires_in: 3600 })) {
  const requests: { url: string; body: string }[] = [];
  let now = 0;
  const source = iamTokenSource({
    apikey: "se cret",
    endpoint: "https://iam.test/",
    clock: () => now,
    fetch: async (url, init) => {
      requests.push({ url: String(url), body: String(init?.body) });
      return answer(requests.length);
    },
  });
  return { source, requests, advance: (seconds: number) => (now += seconds * 1000) };
}

describe("iamTokenSource", () => {
  it("sends the request that IAM expects, once for concurrent calls", async () => {
    const { source, requests } = iam();
    expect(await Promise.all([source(), source()])).toEqual(["token-1", "token-1"]);
    const body = "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey=se+cret";
    expect(requests).toEqual([{ url: "https://iam.test/identity/token", body }]);
  });

  it("refreshes 60 seconds before expiry and after a refusal", async () => {
    const { source, advance } = iam();
    await source();
    advance(3539);
    expect(await source()).toBe("token-1");
    advance(2);
    expect(await source()).toBe("token-2");
    expect(await source("token-1")).toBe("token-2");
    expect(await source("token-2")).toBe("token-3");
  });

  it("distinguishes a refused key from an IAM that is unavailable", async () => {
    const refused = iam(() => Response.json({ errorCode: "BXNIM0415E", errorMessage: "no such key" }, { status: 400 }));
    await expect(refused.source()).rejects.toMatchObject({
      rv: ck.CKR_IBM_GREP11_NOT_AUTHENTICATED,
      detail: "IAM at https://iam.test/ returned 400: no such key",
    });
    const away = iam(() => {
      throw new TypeError("fetch failed");
    });
    await expect(away.source()).rejects.toMatchObject({ rv: ck.CKR_DEVICE_REMOVED, retry: true });
    const nonsense = iam(() => new Response("<html>", { status: 200 }));
    await expect(nonsense.source()).rejects.toMatchObject({ rv: ck.CKR_IBM_GREP11_NOT_AUTHENTICATED });
  });
});

describe("the API key", () => {
  /**
   * Starts a server on this machine that calls `answer` for every request. Returns the server and the bodies that it
   * receives.
   */
  async function listen(answer: (response: ServerResponse) => void) {
    const bodies: string[] = [];
    const server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      bodies.push(`${request.method} ${body}`);
      answer(response);
    });
    servers.push(server);
    await once(server.listen(0, "127.0.0.1"), "listening");
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies };
  }
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  it.each([301, 302, 303, 307, 308, 300])(
    "is not sent where a %i points, at another origin or the same",
    async (status) => {
      const elsewhere = await listen((response) => response.end(JSON.stringify({ access_token: "t", expires_in: 60 })));
      for (const location of [`${elsewhere.url}/identity/token`, "/other", undefined, "://"]) {
        const near = await listen((response) =>
          response.writeHead(status, location === undefined ? {} : { location }).end(),
        );
        const source = iamTokenSource({ apikey: "secret", endpoint: near.url });
        const error = await Promise.resolve(source()).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ rv: ck.CKR_DEVICE_REMOVED, retry: false });
        expect((error as Error).message).toMatch(new RegExp(`redirects to .*HTTP ${status}.*make that the endpoint`));
        expect((error as Error).message).not.toContain("secret");
        expect(near.bodies).toHaveLength(1);
      }
      expect(elsewhere.bodies).toEqual([]);
    },
  );

  it("is not sent to another machine without TLS", () => {
    for (const endpoint of ["http://iam.example", "ftp://iam.example", "iam.example"]) {
      expect(() => iamTokenSource({ apikey: "secret", endpoint })).toThrow(
        expect.objectContaining({ rv: ck.CKR_ARGUMENTS_BAD, message: expect.stringContaining("IAM") }),
      );
    }
  });
});

describe("bearerInterceptor", () => {
  it("sends the token, and a new one when the service refuses it", async () => {
    const seen: (string | null)[] = [];
    const { source } = iam();
    const transport = createRouterTransport(
      ({ service }) => {
        service(wire.Crypto, {
          getMechanismList: (_, { requestHeader }) => {
            seen.push(requestHeader.get("authorization"));
            if (seen.length === 1) throw new ConnectError("expired", Code.Unauthenticated);
            return codecs.getMechanismList.response.encode({ mechs: [] });
          },
        });
      },
      { transport: { interceptors: [bearerInterceptor(source)] } },
    );
    await createGrep11Client(transport).getMechanismList({});
    expect(seen).toEqual(["Bearer token-1", "Bearer token-2"]);
  });

  it("passes on the reason why there is no token", async () => {
    const { source } = iam(() => Response.json({ errorMessage: "no such key" }, { status: 400 }));
    const transport = createRouterTransport(({ service }) => void service(wire.Crypto, {}), {
      transport: { interceptors: [bearerInterceptor(source)] },
    });
    await expect(createGrep11Client(transport).getMechanismList({})).rejects.toMatchObject({
      rv: ck.CKR_IBM_GREP11_NOT_AUTHENTICATED,
      detail: "IAM at https://iam.test/ returned 400: no such key",
    });
  });
});
