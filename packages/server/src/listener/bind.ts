/**
 * Binds sockets to the hosts of a listener. A host name can have several addresses, and an IPv6 socket may accept IPv4
 * too.
 */
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { type AddressInfo, isIP, isIPv6, type Server } from "node:net";
import { withoutBrackets } from "@grep11/encoding";

/** An address to bind to. */
interface Address {
  readonly host: string;
  /** Whether the address was looked up for a host name. Such an address is skipped if this machine does not have it. */
  readonly isResolved: boolean;
}

/** How many free ports are tried. A port that is free on one address may be in use on another. */
const TRIES = 10;
/** The error codes for an address that this machine does not have, such as ::1 if IPv6 is disabled. */
const ABSENT = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT", "EINVAL"]);

/**
 * Returns servers made by `make` that listen on `port` of all addresses of `hosts`.
 * - Each host is an IP address (IPv6 with or without brackets) or a host name.
 * - Port 0 chooses a free port, which is the same for all addresses.
 * - "::" also accepts IPv4 connections, unless an IPv4 address is listed too.
 * - Throws the errors of node:net and node:dns, such as EADDRINUSE and ENOTFOUND. In that case no server listens.
 */
export async function listenOn<S extends Server>(make: () => S, hosts: readonly string[], port: number): Promise<S[]> {
  const addresses = await resolveAll(hosts);
  for (let tries = 1; ; tries++) {
    const servers: S[] = [];
    try {
      await bindAll(make, addresses, port, servers);
      return servers;
    } catch (error) {
      for (const server of servers) server.close();
      const { code } = error as NodeJS.ErrnoException;
      if (port !== 0 || code !== "EADDRINUSE" || servers.length === 0 || tries === TRIES) throw error;
    }
  }
}

async function bindAll<S extends Server>(
  make: () => S,
  addresses: readonly Address[],
  port: number,
  servers: S[],
): Promise<void> {
  const hasIpv4 = addresses.some(({ host }) => !isIPv6(host));
  let absent: unknown;
  for (const { host, isResolved } of addresses) {
    const server = make();
    const free = servers[0] === undefined ? port : (servers[0].address() as AddressInfo).port;
    try {
      server.listen({ host, port: free, ipv6Only: hasIpv4 && isIPv6(host) });
      await once(server, "listening");
      servers.push(server);
    } catch (error) {
      if (!isResolved || !ABSENT.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
      absent = error;
    }
  }
  if (servers.length === 0) throw absent;
}

async function resolveAll(hosts: readonly string[]): Promise<Address[]> {
  const found = new Map<string, Address>();
  for (const given of hosts) {
    const name = withoutBrackets(given);
    const isAddress = isIP(name) !== 0;
    const addresses = isAddress ? [name] : (await lookup(name, { all: true })).map(({ address }) => address);
    for (const host of addresses) found.set(host, { host, isResolved: !isAddress && !found.has(host) });
  }
  return [...found.values()];
}
