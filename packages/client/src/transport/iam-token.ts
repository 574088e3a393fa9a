/** Gets bearer tokens from IBM Cloud IAM, or from a service with the same API. */
import * as ck from "@grep11/cryptoki";
import { isLoopback } from "@grep11/encoding";
import type { TokenSource } from "./bearer.ts";

/** The options of {@link iamTokenSource}. */
export interface IamOptions {
  readonly apikey: string;
  /** The base URL; `https://iam.cloud.ibm.com` by default. Plain http is allowed only for this machine. */
  readonly endpoint?: string;
  /** Replaces the global fetch, for example in tests or to use a proxy. */
  readonly fetch?: typeof globalThis.fetch;
  /** A monotonic clock that returns milliseconds; performance.now by default. */
  readonly clock?: () => number;
}

const DEFAULT_ENDPOINT = "https://iam.cloud.ibm.com";
const REFRESH_BEFORE_EXPIRY_MS = 60_000;

/**
 * Returns a source of IBM Cloud IAM tokens for an API key, which it gets by `POST {endpoint}/identity/token`.
 * - A token is kept until 60 seconds before it expires. Calls that arrive while a token is being requested share that
 *   request.
 * - Redirects are not followed, because a 307 or 308 would send the API key to another server (RFC 9110, 15.4.8).
 * - Throws CKR_ARGUMENTS_BAD if the endpoint is not a URL, or is on another machine and does not use TLS.
 * - The source throws CKR_IBM_GREP11_NOT_AUTHENTICATED if IAM refuses the key, and CKR_DEVICE_REMOVED if IAM cannot be
 *   reached or redirects.
 */
export function iamTokenSource(options: IamOptions): TokenSource {
  const { clock = () => performance.now() } = options;
  requireSecret(options.endpoint ?? DEFAULT_ENDPOINT);
  let current: { token: string; refreshAt: number } | undefined;
  let pending: Promise<string> | undefined;
  const request = async (): Promise<string> => {
    const asked = clock();
    const { token, expiresInMs } = await requestToken(options);
    current = { token, refreshAt: asked + expiresInMs - REFRESH_BEFORE_EXPIRY_MS };
    return token;
  };
  return (refused) => {
    if (current !== undefined && current.token !== refused && clock() < current.refreshAt) return current.token;
    pending ??= request().finally(() => {
      pending = undefined;
    });
    return pending;
  };
}

async function requestToken(options: IamOptions): Promise<{ token: string; expiresInMs: number }> {
  const { apikey, endpoint = DEFAULT_ENDPOINT, fetch = globalThis.fetch } = options;
  let response: Response;
  try {
    response = await fetch(`${endpoint.replace(/\/+$/, "")}/identity/token`, {
      method: "POST",
      redirect: "manual",
      headers: { accept: "application/json" },
      body: new URLSearchParams({ grant_type: "urn:ibm:params:oauth:grant-type:apikey", apikey }),
    });
  } catch (cause) {
    throw new ck.CkError(ck.CKR_DEVICE_REMOVED, `IAM at ${endpoint} cannot be reached`, { retry: true, cause });
  }
  if (isRedirect(response)) throw redirected(endpoint, response);
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok && isTokenResponse(body)) {
    return { token: body.access_token, expiresInMs: body.expires_in * 1000 };
  }
  const overloaded = response.status === 429 || response.status >= 500;
  const said = isRefusal(body) ? `: ${body.errorMessage}` : "";
  throw new ck.CkError(
    overloaded ? ck.CKR_DEVICE_REMOVED : ck.CKR_IBM_GREP11_NOT_AUTHENTICATED,
    `IAM at ${endpoint} returned ${response.status}${said}`,
    { retry: overloaded },
  );
}

/** Throws CKR_ARGUMENTS_BAD for an endpoint to which the API key would be sent unencrypted. */
function requireSecret(endpoint: string): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw ck.CkError.argumentsBad(`the IAM endpoint ${endpoint} is not a URL`);
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw ck.CkError.argumentsBad("an API key is only sent to IAM over TLS, or to this machine");
  }
}

/** Returns whether the response is a redirect. Browsers hide its status and set `type` instead. */
function isRedirect({ status, type }: Response): boolean {
  return type === "opaqueredirect" || (status >= 300 && status < 400);
}

function redirected(endpoint: string, { status, headers }: Response): ck.CkError {
  const location = headers.get("location") ?? "";
  const target = URL.canParse(location, endpoint) ? new URL(location, endpoint).origin : "another URL";
  return new ck.CkError(
    ck.CKR_DEVICE_REMOVED,
    `IAM at ${endpoint} redirects to ${target}${status === 0 ? "" : ` (HTTP ${status})`}, where the API key is not sent; if IAM is there, make that the endpoint`,
  );
}

function isTokenResponse(body: unknown): body is { access_token: string; expires_in: number } {
  if (typeof body !== "object" || body === null) return false;
  const { access_token, expires_in } = body as Record<string, unknown>;
  return typeof access_token === "string" && typeof expires_in === "number";
}

function isRefusal(body: unknown): body is { errorMessage: string } {
  return typeof (body as { errorMessage?: unknown } | undefined)?.errorMessage === "string";
}
