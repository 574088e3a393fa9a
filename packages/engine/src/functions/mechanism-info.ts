/** GetMechanismList and GetMechanismInfo. */
import type * as ck from "@grep11/cryptoki";
import type { Context } from "../context.ts";

export async function getMechanismList(context: Context): Promise<ck.GetMechanismListResponse> {
  return { mechs: context.mechanisms.list() };
}

export async function getMechanismInfo(
  context: Context,
  { mech }: ck.GetMechanismInfoRequest,
): Promise<ck.GetMechanismInfoResponse> {
  return { mechInfo: context.mechanisms.info(mech) };
}
