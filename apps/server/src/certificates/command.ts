/** `grep11-server cert make`: certificates for closed networks and for trying mutual TLS. */
import { basename, join } from "node:path";
import { type Command, UsageError } from "../command-line.ts";
import { issueCertificate, openAuthority } from "./authority.ts";

export const CERT_MAKE: Command = {
  words: ["cert", "make"],
  summary: "a certificate of a local CA (made when absent): for a server by --server, for a client by --client",
  options: {
    dir: { value: "DIR", summary: "where ca.pem and ca.key are, and certificates go (default ./.grep11/tls)" },
    server: {
      value: "NAME",
      summary: "host name, address or host:port it answers to; may be given often",
      multiple: true,
    },
    client: { value: "NAME", summary: "name of a client, for mutual TLS" },
  },
  async run(values, io) {
    const directory = values.text("dir") ?? join(".grep11", "tls");
    const client = values.text("client");
    const names = values.texts("server");
    if ((client === undefined) === (names.length === 0)) throw new UsageError("give --server NAME or --client NAME");
    const subject = client ?? (names[0] as string);
    if (basename(subject) !== subject || subject.startsWith(".")) throw new UsageError(`${subject} cannot name a file`);
    const now = new Date();
    const ca = await openAuthority(directory, now);
    const certFile = join(directory, `${subject}.pem`);
    const keyFile = join(directory, `${subject}.key`);
    await issueCertificate(
      ca,
      { subject, use: client === undefined ? "server" : "client", names, now },
      certFile,
      keyFile,
    );
    for (const file of [certFile, keyFile, ca.certFile]) io.out(file);
    return 0;
  },
};
