/** Sends bearer tokens with calls. */
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";

/**
 * Returns the token for a call. `refused` is the token that the service has just refused. A source that caches tokens must then
 * get a new one; a source that cannot get another returns the same token again.
 */
export type TokenSource = (refused?: string) => string | Promise<string>;

/**
 * Calls `attempt` with a token from `source` and returns the result. If the service returns UNAUTHENTICATED (because the token
 * was revoked or IAM was restarted), asks the source again, and repeats the attempt if the new token is different. Errors: those
 * of `source` and `attempt`.
 */
export async function withToken<T>(source: TokenSource, attempt: (token: string) => Promise<T>): Promise<T> {
  const token = await source();
  try {
    return await attempt(token);
  } catch (error) {
    if (ConnectError.from(error).code !== Code.Unauthenticated) throw error;
    const fresh = await source(token);
    if (fresh === token) throw error;
    return await attempt(fresh);
  }
}

/** Returns an interceptor that sends `authorization: Bearer <token>` with every call, see `withToken`. */
export function bearerInterceptor(source: TokenSource): Interceptor {
  return (next) => (request) =>
    withToken(source, (token) => {
      request.header.set("authorization", `Bearer ${token}`);
      return next(request);
    });
}
