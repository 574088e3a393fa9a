/** Bearer tokens on calls. */
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";

/**
 * Answers the token for a call. `refused` is the token the service has just refused: a source that caches must then ask
 * anew, and one that cannot answers the same token again.
 */
export type TokenSource = (refused?: string) => string | Promise<string>;

/**
 * The answer of `attempt` with a token of `source`. When the service answers UNAUTHENTICATED (a token revoked, an IAM
 * restarted) the source is asked once more, and the attempt repeated if the token is another one. Errors: those of both.
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

/** Sends `authorization: Bearer <token>` with every call, see `withToken`. */
export function bearerInterceptor(source: TokenSource): Interceptor {
  return (next) => (request) =>
    withToken(source, (token) => {
      request.header.set("authorization", `Bearer ${token}`);
      return next(request);
    });
}
