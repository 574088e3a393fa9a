/** Certificates for tests over TLS. */
import {
  type CertificatePair,
  CLIENT_AUTH,
  createAuthority,
  issueCertificate,
  SERVER_AUTH,
} from "@grep11/certificates";

/** A CA with certificates for localhost as a server, and for these clients by name. */
export interface TestCertificates<C extends string = never> {
  readonly ca: CertificatePair;
  readonly server: CertificatePair;
  readonly clients: Readonly<Record<C, CertificatePair>>;
}

/** New certificates. */
export async function makeCertificates<C extends string = never>(...names: readonly C[]): Promise<TestCertificates<C>> {
  const ca = await createAuthority("CA");
  const local = { subject: "server", names: ["localhost", "127.0.0.1"], usage: SERVER_AUTH };
  const clients = names.map(async (subject) => [subject, await issueCertificate(ca, { subject, usage: CLIENT_AUTH })]);
  return {
    ca,
    server: await issueCertificate(ca, local),
    clients: Object.fromEntries(await Promise.all(clients)),
  };
}
