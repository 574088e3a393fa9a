import * as ck from "@grep11/cryptoki";

/** Returns the URL of `address`, which may lack a scheme. Errors: CKR_ARGUMENTS_BAD for an invalid address. */
export function parseAddress(address: string, secure: boolean): URL {
  const text = address.includes("://") ? address : `${secure ? "https" : "http"}://${address}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol) || url.pathname !== "/") {
    throw ck.CkError.argumentsBad(`${address} is not host:port or a URL; an example is localhost:9876`);
  }
  return url;
}
