/** Bearer tokens on calls. */
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";

/**
 * Answers the token for a call. `refused` is the token the service has just refused: a source that caches must then ask
 * anew, and one that cannot answers the same token again.
 */
export type TokenSource = (refused?: string) => string | Promise<string>;

/**
 * Sends `authorization: Bearer <token>` with every call. When the service answers UNAUTHENTICATED (a token revoked, an
 * IAM restarted) the source is asked once more, and the call repeated if the token is another one.
 */
export function bearerInterceptor(source: TokenSource): Interceptor {
  return (next) => async (request) => {
    const token = await source();
    request.header.set("authorization", `Bearer ${token}`);
    try {
      return await next(request);
    } catch (error) {
      if (ConnectError.from(error).code !== Code.Unauthenticated) throw error;
      const fresh = await source(token);
      if (fresh === token) throw error;
      request.header.set("authorization", `Bearer ${fresh}`);
      return await next(request);
    }
  };
}
