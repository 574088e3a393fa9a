import { parseAddress } from "@grep11/client/node";
import { isLoopback } from "@grep11/encoding";
import { DEFAULT_PORT, type Settings } from "./settings.ts";

/**
 * Returns the URL of the server. It begins with https: (TLS) unless the address begins with http://, or the server is on this
 * machine and the settings contain neither a CA nor credentials. Errors: CKR_ARGUMENTS_BAD.
 */
export function serverUrl({ address, ca, cert, key, apikey, token }: Settings): URL {
  const credentials = [ca, cert, key, apikey, token].some((value) => value !== undefined);
  const whole = /^(\[[^\]]*\]|[^:/]+)$/.test(address) ? `${address}:${DEFAULT_PORT}` : address;
  return parseAddress(whole, credentials || !isLoopback(parseAddress(whole, false).hostname));
}
