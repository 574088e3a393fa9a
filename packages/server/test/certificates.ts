/** Creates certificates for tests over TLS. */
import * as certificates from "@grep11/certificates";

/** A CA, a server certificate for localhost, and a certificate for each named client. */
export interface TestCertificates<C extends string = never> {
  readonly ca: certificates.CertificatePair;
  readonly server: certificates.CertificatePair;
  readonly clients: Readonly<Record<C, certificates.CertificatePair>>;
}

/** Creates new certificates. */
export async function makeCertificates<C extends string = never>(...names: readonly C[]): Promise<TestCertificates<C>> {
  const ca = await certificates.createAuthority("CA");
  const local = { subject: "server", names: ["localhost", "127.0.0.1"], usage: certificates.SERVER_AUTH };
  const clients = names.map(async (subject) => [
    subject,
    await certificates.issueCertificate(ca, { subject, usage: certificates.CLIENT_AUTH }),
  ]);
  return {
    ca,
    server: await certificates.issueCertificate(ca, local),
    clients: Object.fromEntries(await Promise.all(clients)),
  };
}
