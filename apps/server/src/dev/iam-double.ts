/**
 * A stand-in for IBM Cloud IAM: gives a token for any API key and knows the tokens it gave. For development and tests
 * only; what it checks is the form of the request, as IBM's clients send it.
 */
import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Principal } from "@grep11/server";

/** A running IAM double. */
export interface IamDouble {
  /** Base URL, such as http://127.0.0.1:9878; clients add /identity/token. */
  readonly url: string;
  /** Who a token stands for; undefined for a token that was never given or has run out. */
  verify(token: string): Principal | undefined;
  close(): Promise<void>;
}

const GRANT_TYPE = "urn:ibm:params:oauth:grant-type:apikey";
const LIFETIME_S = 3600;
const MAX_FORM_BYTES = 16 * 1024;
/** Tokens remembered at once; the oldest are forgotten first. */
const MAX_TOKENS = 10_000;

/** Start an IAM double on `host`:`port` (0: any free port). `now` answers milliseconds since 1970. */
export async function startIamDouble(options: { host: string; port: number; now: () => number }): Promise<IamDouble> {
  const given = new Map<string, { principal: string; expires: number }>();

  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 }, (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(options.port, options.host, resolve);
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://iam");
    if (request.method !== "POST" || url.pathname !== "/identity/token")
      return refuse(response, 404, "BXNIM0138E", "only POST /identity/token is served");
    const body = await readForm(request);
    if (body === undefined) return refuse(response, 413, "BXNIM0109E", "the form is too long");
    const form = [url.searchParams, new URLSearchParams(body)];
    const field = (name: string): string => form.map((fields) => fields.get(name)).find((value) => value) ?? "";

    if (field("grant_type") !== GRANT_TYPE)
      return refuse(response, 400, "BXNIM0103E", `grant_type must be ${GRANT_TYPE}`);
    if (field("apikey") === "") return refuse(response, 400, "BXNIM0415E", "apikey is missing");

    const token = randomBytes(32).toString("base64url");
    const issued = Math.floor(options.now() / 1000);
    remember(token, `apikey-${sha256(field("apikey")).slice(0, 16)}`, (issued + LIFETIME_S) * 1000);
    send(response, 200, {
      access_token: token,
      refresh_token: "not_supported",
      token_type: "Bearer",
      expires_in: LIFETIME_S,
      expiration: issued + LIFETIME_S,
      scope: "ibm openid",
    });
  }

  function remember(token: string, principal: string, expires: number): void {
    if (given.size >= MAX_TOKENS) given.delete(given.keys().next().value as string);
    given.set(sha256(token), { principal, expires });
  }

  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}`,
    verify(token) {
      const entry = given.get(sha256(token));
      return entry !== undefined && entry.expires > options.now() ? { name: entry.principal } : undefined;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The body as text, or undefined when it is longer than a form can be. */
async function readForm(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_FORM_BYTES) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function refuse(response: ServerResponse, status: number, errorCode: string, errorMessage: string): void {
  send(response, status, { errorCode, errorMessage });
}

function send(response: ServerResponse, status: number, value: object): void {
  response
    .writeHead(status, { "content-type": "application/json", "cache-control": "no-store" })
    .end(JSON.stringify(value));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
