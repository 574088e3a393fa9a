/** Reads host names and addresses as they are written in URLs (RFC 3986, 3.2.2). */

/** Returns `host` without the brackets around an IPv6 address. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}

/** Whether `host` is a name or address of this machine: localhost, 127.0.0.0/8 or ::1, with or without brackets. */
export function isLoopback(host: string): boolean {
  const name = withoutBrackets(host);
  return name === "localhost" || name === "::1" || /^127(\.\d{1,3}){3}$/.test(name);
}
