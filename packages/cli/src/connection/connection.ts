import { createGrep11Client } from "@grep11/client";
import { createGrpcTransport, iamTokenSource, type TokenSource } from "@grep11/client/node";
import { UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import type { Connection } from "../terminal/io.ts";
import { serverUrl } from "./server-url.ts";
import { defined, type Settings } from "./settings.ts";

/**
 * Returns a client for the HSM that the settings describe. It connects on its first call. With TLS, it verifies the server
 * against the CA in the settings, or by default against Node's root certificates. Errors: UsageError for an invalid address,
 * and for credentials that would be sent to another machine without TLS.
 */
export function connect(settings: Settings): Connection {
  const { ca, cert, key, serverName } = settings;
  try {
    const address = serverUrl(settings);
    const auth = authOf(settings);
    const transport = createGrpcTransport({
      address: address.origin,
      ...(address.protocol === "https:" ? { tls: defined({ ca, cert, key, serverName }) } : {}),
      ...(auth === undefined ? {} : { auth }),
    });
    return { ep11: createGrep11Client(transport), close: () => transport.close() };
  } catch (error) {
    throw error instanceof ck.CkError ? new UsageError(error.detail, { cause: error }) : error;
  }
}

function authOf({ token, apikey, iamEndpoint: endpoint }: Settings): TokenSource | string | undefined {
  if (token !== undefined || apikey === undefined) return token;
  return iamTokenSource({ apikey, ...defined({ endpoint }) });
}
