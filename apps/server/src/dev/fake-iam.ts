/** Imitates IBM Cloud IAM for development and tests. It checks the form of requests, but issues a token for any API key. */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { IamTokens } from "./iam-tokens.ts";

export interface FakeIam {
  /** The base URL, such as http://127.0.0.1:9878, to which clients add /identity/token. */
  readonly url: string;
  close(): Promise<void>;
}

const GRANT_TYPE = "urn:ibm:params:oauth:grant-type:apikey";
const LIFETIME_S = 3600;
const MAX_FORM_BYTES = 16 * 1024;

/** The address to listen on (port 0: any free port), and the issuer of the tokens. */
interface FakeIamOptions {
  readonly host: string;
  readonly port: number;
  readonly tokens: IamTokens;
  /** Returns the time in milliseconds since 1970. */
  readonly now: () => number;
}

export async function startFakeIam(options: FakeIamOptions): Promise<FakeIam> {
  // An import of node:http as an ECMAScript module would also load fetch and WebSocket, which takes longer than all the rest.
  const { createServer } = process.getBuiltinModule("node:http");
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 }, (request, response) => {
    respond(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(options.port, options.host, resolve);
  });

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
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

    const issued = Math.floor(options.now() / 1000);
    const token = options.tokens.issue(`apikey-${sha256(field("apikey")).slice(0, 16)}`, issued + LIFETIME_S);
    send(response, 200, {
      access_token: token,
      refresh_token: "not_supported",
      token_type: "Bearer",
      expires_in: LIFETIME_S,
      expiration: issued + LIFETIME_S,
      scope: "ibm openid",
    });
  }

  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Returns the body as text, or undefined if it is too long. */
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
