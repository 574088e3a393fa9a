import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FakeIam, startFakeIam } from "./fake-iam.ts";
import { IAM_SECRET_BYTES, IamTokens } from "./iam-tokens.ts";

const GRANT = "grant_type=urn:ibm:params:oauth:grant-type:apikey";
let now = Date.UTC(2026, 0, 1);
const tokens = new IamTokens(randomBytes(IAM_SECRET_BYTES), () => now);
let iam: FakeIam;

beforeAll(async () => {
  iam = await startFakeIam({ host: "127.0.0.1", port: 0, tokens, now: () => now });
});
afterAll(() => iam.close());

async function post(path: string, body?: string): Promise<{ status: number; json: Record<string, unknown> }> {
  const response = await fetch(iam.url + path, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

describe("the fake IAM", () => {
  it.each([
    ["a body that is not percent-encoded, as the Go client sends it", "/identity/token", `${GRANT}&apikey=a-B_c:d/e`],
    ["a percent-encoded body", "/identity/token", `${GRANT.replaceAll(":", "%3A")}&apikey=abc`],
    ["the query string, as the JavaScript client does", `/identity/token?${GRANT}&apikey=abc`, undefined],
  ])("issues a token for %s", async (_, path, body) => {
    const { status, json } = await post(path, body);
    expect(status).toBe(200);
    expect(json).toMatchObject({ token_type: "Bearer", expires_in: 3600, expiration: now / 1000 + 3600 });
    expect(Object.keys(json)).toEqual(expect.arrayContaining(["refresh_token", "scope"]));
    expect(tokens.verify(json.access_token as string)?.name).toMatch(/^apikey-[0-9a-f]{16}$/);
  });

  it("maps an API key to one principal, with a new token each time", async () => {
    const [a, b, c] = await Promise.all(
      ["k1", "k1", "k2"].map((key) => post("/identity/token", `${GRANT}&apikey=${key}`)),
    );
    const who = (response: typeof a) => tokens.verify(response?.json.access_token as string)?.name;
    expect(a?.json.access_token).not.toBe(b?.json.access_token);
    expect(who(a)).toBe(who(b));
    expect(who(a)).not.toBe(who(c));
  });

  it("refuses tokens it did not issue and tokens older than an hour", async () => {
    expect(tokens.verify("invented")).toBeUndefined();
    const { json } = await post("/identity/token", `${GRANT}&apikey=abc`);
    now += 3_599_000;
    expect(tokens.verify(json.access_token as string)).toBeDefined();
    now += 1000;
    expect(tokens.verify(json.access_token as string)).toBeUndefined();
  });

  it.each([
    ["no API key", "/identity/token", GRANT, 400, "BXNIM0415E"],
    ["another grant type", "/identity/token", "grant_type=password&apikey=abc", 400, "BXNIM0103E"],
    ["another path", "/identity/keys", `${GRANT}&apikey=abc`, 404, "BXNIM0138E"],
  ])("refuses %s", async (_, path, body, status, errorCode) => {
    const response = await post(path, body);
    expect(response.status).toBe(status);
    expect(response.json).toMatchObject({ errorCode, errorMessage: expect.any(String) });
  });
});
