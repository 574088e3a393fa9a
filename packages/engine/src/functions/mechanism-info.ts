/** GetMechanismList and GetMechanismInfo. */
import type { GetMechanismInfoRequest, GetMechanismInfoResponse, GetMechanismListResponse } from "@grep11/cryptoki";
import type { Context } from "../context.ts";

export async function getMechanismList(context: Context): Promise<GetMechanismListResponse> {
  return { mechs: context.mechanisms.list() };
}

export async function getMechanismInfo(
  context: Context,
  { mech }: GetMechanismInfoRequest,
): Promise<GetMechanismInfoResponse> {
  return { mechInfo: context.mechanisms.info(mech) };
}
