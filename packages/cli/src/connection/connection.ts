/** From settings to an HSM. */
import { createGrep11Client } from "@grep11/client";
import { createGrpcTransport, iamTokenSource, parseAddress, type TokenSource } from "@grep11/client/node";
import { UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { isLoopback } from "@grep11/encoding";
import type { Connection } from "../terminal/io.ts";
import { DEFAULT_PORT, type Settings } from "./settings.ts";

/**
 * Connects with the first call. Plain HTTP/2 is spoken only when the address says http://, or when it is this machine
 * and no certificate, key, token or API key is set; everything else is TLS, checked against the CA or Node's own roots.
 * Errors: UsageError for an address that is none, and for credentials that would travel to another machine without TLS.
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

/** Where the server is, and by its protocol whether over TLS. Errors: CKR_ARGUMENTS_BAD. */
export function serverUrl({ address, ca, cert, key, apikey, token }: Settings): URL {
  const credentials = [ca, cert, key, apikey, token].some((value) => value !== undefined);
  const whole = /^(\[[^\]]*\]|[^:/]+)$/.test(address) ? `${address}:${DEFAULT_PORT}` : address;
  return parseAddress(whole, credentials || !isLoopback(parseAddress(whole, false).hostname));
}

function authOf({ token, apikey, iamEndpoint: endpoint }: Settings): TokenSource | string | undefined {
  if (token !== undefined || apikey === undefined) return token;
  return iamTokenSource({ apikey, ...defined({ endpoint }) });
}

/** `value` without its undefined properties. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
