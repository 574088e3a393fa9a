/** Bearer tokens of IBM Cloud IAM, or of anything that answers like it. */
import { CKR_DEVICE_REMOVED, CKR_IBM_GREP11_NOT_AUTHENTICATED, CkError } from "@grep11/cryptoki";
import type { TokenSource } from "./bearer.ts";

/** What {@link iamTokenSource} needs. */
export interface IamOptions {
  /** The API key. */
  readonly apikey: string;
  /** Base URL; `https://iam.cloud.ibm.com` by default. */
  readonly endpoint?: string;
  /** For tests and proxies; the global fetch by default. */
  readonly fetch?: typeof globalThis.fetch;
  /** Milliseconds of any clock that does not jump back; performance.now by default. */
  readonly clock?: () => number;
}

const REFRESH_BEFORE_EXPIRY_MS = 60_000;

/**
 * Tokens of IBM Cloud IAM for an API key: `POST {endpoint}/identity/token`. A token is kept until 60 seconds before it
 * expires; calls that come meanwhile share one request.
 * Errors: CKR_IBM_GREP11_NOT_AUTHENTICATED when IAM refuses the key, CKR_DEVICE_REMOVED when it cannot be reached.
 */
export function iamTokenSource(options: IamOptions): TokenSource {
  const { clock = () => performance.now() } = options;
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
  const { apikey, endpoint = "https://iam.cloud.ibm.com", fetch = globalThis.fetch } = options;
  let response: Response;
  try {
    response = await fetch(`${endpoint.replace(/\/+$/, "")}/identity/token`, {
      method: "POST",
      headers: { accept: "application/json" },
      body: new URLSearchParams({ grant_type: "urn:ibm:params:oauth:grant-type:apikey", apikey }),
    });
  } catch (cause) {
    throw new CkError(CKR_DEVICE_REMOVED, `IAM at ${endpoint} cannot be reached`, { retry: true, cause });
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok && isTokenAnswer(answer)) {
    return { token: answer.access_token, expiresInMs: answer.expires_in * 1000 };
  }
  const overloaded = response.status === 429 || response.status >= 500;
  const said = isRefusal(answer) ? `: ${answer.errorMessage}` : "";
  throw new CkError(
    overloaded ? CKR_DEVICE_REMOVED : CKR_IBM_GREP11_NOT_AUTHENTICATED,
    `IAM at ${endpoint} answered ${response.status}${said}`,
    { retry: overloaded },
  );
}

function isTokenAnswer(answer: unknown): answer is { access_token: string; expires_in: number } {
  if (typeof answer !== "object" || answer === null) return false;
  const { access_token, expires_in } = answer as Record<string, unknown>;
  return typeof access_token === "string" && typeof expires_in === "number";
}

function isRefusal(answer: unknown): answer is { errorMessage: string } {
  return typeof (answer as { errorMessage?: unknown } | undefined)?.errorMessage === "string";
}
