/** What the operating system says, in words for people. */

/** What happened and what to do, for errors of files and sockets; the message of any other error. */
export function inWords({ code, path, message, ...rest }: NodeJS.ErrnoException): string {
  const { address, port, hostname } = rest as { address?: string; port?: number; hostname?: string };
  switch (code) {
    case "ENOENT":
      return `there is no ${path}`;
    case "EROFS":
      return `${path} is on a read-only file system; change the original and distribute it`;
    case "EADDRINUSE":
      return (
        `${address}:${port} is in use by another program, perhaps another grep11-server; stop that one, or choose another port ` +
        "(ep11crypto.connection.port; with --dev --port, --tls-port and --iam-port), or 0 for any free one"
      );
    case "EADDRNOTAVAIL":
      return `${address} is no address of this machine; 0.0.0.0 or :: listens on all it has`;
    case "EAFNOSUPPORT":
      return `${address}: this machine has no IPv6; 0.0.0.0 listens on all of IPv4`;
    case "EACCES":
      return path === undefined
        ? `${address}:${port} is not for this user; choose a port above 1023`
        : `${path} may not be read or written by this user`;
    case "ENOTFOUND":
      return `${hostname} has no address; give one that this machine has`;
    default:
      return message;
  }
}
