/** Sends bearer tokens with calls. */
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";

/**
 * Returns the token for a call. `refused` is the token that the service has just refused, if any. If `refused` is
 * given, a source that caches tokens must get a new one. A source that cannot get a new token returns the same one.
 */
export type TokenSource = (refused?: string) => string | Promise<string>;

/**
 * Calls `attempt` with a token from `source` and returns the result. If the service returns UNAUTHENTICATED, for
 * example because the token was revoked, requests another token from `source`. Repeats the attempt if that token is
 * different. Throws the errors of `source` and `attempt`.
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

/**
 * Returns an interceptor that sends `authorization: Bearer <token>` with every call. It gets the token as described at
 * `withToken`.
 */
export function bearerInterceptor(source: TokenSource): Interceptor {
  return (next) => (request) =>
    withToken(source, (token) => {
      request.header.set("authorization", `Bearer ${token}`);
      return next(request);
    });
}
