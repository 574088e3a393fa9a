/** Keys cannot be bound to a login session (docs/adr/0014-no-bound-keys.md). */
import * as ck from "@grep11/cryptoki";

/**
 * Throws CKR_IBM_SESSION_IMMUTABLE for a template that binds a key to a login session. Zeros, which mean no
 * session, and an empty value are accepted.
 */
export function requireNoSession(template: ck.Template): void {
  const session = template.get(ck.CKA_IBM_LOGIN_SESSION);
  if (session === undefined || (session instanceof Uint8Array && session.every((byte) => byte === 0))) return;
  throw new ck.CkError(ck.CKR_IBM_SESSION_IMMUTABLE, "this HSM does not bind keys to login sessions");
}
