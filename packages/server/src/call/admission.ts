/**
 * Decides who makes a call, and whether they may make it. Uses only the head of the request, before its body is read.
 */
import type * as ck from "@grep11/cryptoki";
import type { Authoriser, BearerVerifier } from "../options.ts";
import { notAuthenticated, notPermitted } from "../status.ts";
import type { Call } from "./call.ts";
import type { RequestHead } from "./exchange.ts";

/**
 * These errors are created only once. Otherwise, in a flood of calls, most of the time would be spent on creating
 * errors with their stacks.
 */
const NO_TOKEN = notAuthenticated("the call carries no token");
const INVALID_TOKEN = notAuthenticated("the token is not valid");

/**
 * Identifies the caller and admits the call.
 * - Throws CKR_IBM_GREP11_NOT_AUTHENTICATED if no valid credentials identify the caller.
 * - Throws CKR_FUNCTION_REJECTED if the call comes from a web page of an origin that is not allowed, or if `authorise`
 *   refuses the action.
 */
export async function admit(call: Call, authorise: Authoriser | undefined): Promise<void> {
  const { exchange: head, method } = call;
  if (head.foreignOrigin) throw notPermitted("web pages of this origin may not call");
  const { bearer } = head;
  const caller = bearer === undefined ? certificateHolder(head) : await tokenHolder(head, bearer);
  if (bearer !== undefined && caller === undefined) throw INVALID_TOKEN;
  call.identified(caller);
  if (authorise !== undefined && !(await authorise(caller, method.action))) {
    throw notPermitted("the caller may not use this function");
  }
  call.admitted();
}

function certificateHolder({ connection: { peer } }: RequestHead): ck.Principal | undefined {
  return peer.certificate === undefined ? undefined : { name: peer.certificate.name };
}

function tokenHolder(head: RequestHead, verify: BearerVerifier): ReturnType<BearerVerifier> {
  const token = head
    .header("authorization")
    ?.replace(/^bearer +/i, "")
    .trim();
  if (!token) throw NO_TOKEN;
  return verify(token, head.connection.peer);
}
