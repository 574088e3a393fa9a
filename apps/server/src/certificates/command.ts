/** Defines `grep11-server cert make`, which issues certificates for closed networks and for trying out mutual TLS. */
import { basename, join } from "node:path";
import { JSON_OUTPUT, UsageError } from "@grep11/command-line";
import { defineCommand } from "../command.ts";
import { issueFiles, openAuthority } from "./authority.ts";

export const CERT_MAKE = defineCommand({
  name: "cert make",
  summary: "issue a certificate from a local CA (created if absent), for a server or a client",
  flags: {
    dir: {
      kind: "text",
      value: "DIR",
      help: "directory of ca.pem, ca.key and the certificates",
      default: "./.grep11/tls",
    },
    server: { kind: "list", value: "NAME", help: "host name, address or host:port by which clients reach the server" },
    client: { kind: "text", value: "NAME", help: "name of a client, for mutual TLS" },
    ...JSON_OUTPUT,
  },
  examples: [
    "grep11-server cert make --server hsm.example --server hsm.example:9876",
    "grep11-server cert make --client alice",
  ],
  async run({ flags, io }) {
    const { dir: directory, client, server: names } = flags;
    if ((client === undefined) === (names.length === 0)) throw new UsageError("give --server NAME or --client NAME");
    const subject = client ?? (names[0] as string);
    if (basename(subject) !== subject || subject.startsWith(".")) throw new UsageError(`${subject} cannot name a file`);
    const now = new Date();
    const ca = await openAuthority(directory, now);
    const certFile = join(directory, `${subject}.pem`);
    const keyFile = join(directory, `${subject}.key`);
    await issueFiles(ca, { subject, use: client === undefined ? "server" : "client", names, now }, certFile, keyFile);
    const made = { cert: certFile, key: keyFile, ca: ca.certFile };
    for (const line of flags.json ? [JSON.stringify(made)] : Object.values(made)) io.out(line);
    return 0;
  },
});
