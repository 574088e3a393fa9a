/** Returns cause and remedy of an error of files or sockets. For other errors it returns their message. */
export function explainSystemError({ code, path, message, ...rest }: NodeJS.ErrnoException): string {
  const { address, port, hostname } = rest as { address?: string; port?: number; hostname?: string };
  switch (code) {
    case "ENOENT":
      return `there is no ${path}`;
    case "EROFS":
      return `${path} is on a read-only file system; change the original and distribute it`;
    case "EADDRINUSE":
      return (
        `${address}:${port} is in use by another program, perhaps another grep11-server; stop it, or choose another port ` +
        "(ep11crypto.connection.port; with --dev --port, --tls-port and --iam-port), or 0 for any free one"
      );
    case "EADDRNOTAVAIL":
      return `${address} is not an address of this machine; use 0.0.0.0 or :: to listen on all addresses`;
    case "EAFNOSUPPORT":
      return `${address}: this machine has no IPv6; use 0.0.0.0 to listen on all IPv4 addresses`;
    case "EACCES":
      return path === undefined
        ? `this user may not listen on ${address}:${port}; choose a port above 1023`
        : `this user may not read or write ${path}`;
    case "ENOTFOUND":
      return `${hostname} cannot be resolved; use a name or address of this machine`;
    default:
      return message;
  }
}
