/** Makes a CA and certificates for servers and clients, for tests with TLS. */
import { CLIENT_AUTH, createAuthority, issueCertificate, SERVER_AUTH } from "@grep11/certificates";

/**
 * Returns, as PEM, the certificate of the CA and the certificates and keys of the server and the client. The server is called
 * `hsm.test`.
 */
export async function makeCertificates() {
  const ca = await createAuthority("test CA");
  const server = { subject: "hsm.test", names: ["hsm.test"], usage: SERVER_AUTH };
  const client = { subject: "client", names: ["client"], usage: CLIENT_AUTH };
  const expired = { notBefore: new Date(0), notAfter: new Date(Date.now() - 86_400_000) };
  return {
    ca: ca.cert,
    server: await issueCertificate(ca, server),
    client: await issueCertificate(ca, client),
    expiredServer: await issueCertificate(ca, { ...server, ...expired }),
    expiredClient: await issueCertificate(ca, { ...client, ...expired }),
  };
}
