/** From settings to an HSM. */
import { createGrep11Client } from "@grep11/client";
import { createGrpcTransport, iamTokenSource, isLoopback, parseAddress } from "@grep11/client/node";
import type { Connection } from "./io.ts";
import type { Settings } from "./settings.ts";

/**
 * Connects with the first call. Plain HTTP/2 is spoken only when the address says http://, or when it is this machine
 * and no certificate, key, token or API key is set; everything else is TLS, checked against the CA or Node's own roots.
 * Errors: CKR_ARGUMENTS_BAD for an address that is none, and for credentials over plain HTTP/2 to another machine.
 */
export function connect(settings: Settings): Connection {
  const { address, ca, cert, key, serverName, apikey, token, iamEndpoint } = settings;
  const credentials = [ca, cert, key, apikey, token].some((value) => value !== undefined);
  const secure = parseAddress(address, credentials || !isLoopback(parseAddress(address, false).hostname));
  const auth =
    token ??
    (apikey === undefined
      ? undefined
      : iamTokenSource({ apikey, ...(iamEndpoint === undefined ? {} : { endpoint: iamEndpoint }) }));
  const transport = createGrpcTransport({
    address: secure.origin,
    ...(secure.protocol === "https:" ? { tls: defined({ ca, cert, key, serverName }) } : {}),
    ...(auth === undefined ? {} : { auth }),
  });
  return { ep11: createGrep11Client(transport), close: () => transport.close() };
}

/** `value` without its undefined properties. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
