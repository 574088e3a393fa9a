import { X509Certificate } from "node:crypto";
import { template } from "@grep11/client";
import { JSON_OUTPUT } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { defineCommand } from "../command.ts";
import { failureText } from "../connection/connection-advice.ts";
import { serverUrl } from "../connection/server-url.ts";
import type { Settings } from "../connection/settings.ts";
import { serverCertificateAt } from "../connection/tls-probe.ts";
import { hintFor } from "../terminal/hints.ts";
import { paint, printJson, printLine } from "../terminal/output.ts";

const DAY_MS = 86_400_000;

/** Certificates that expire within this many days cause a warning. */
const RENEW_DAYS = 30;

interface Finding {
  readonly check: string;
  readonly status: "ok" | "warning" | "failed";
  readonly text: string;
  readonly hint?: string;
}

export const doctor = defineCommand({
  name: "doctor",
  summary: "check everything that a key operation needs: settings, certificates, service, credentials, master key",
  details: [
    "Runs the checks in order and stops at the first that fails, with the exit code of that failure. To check the master key it generates a key and discards it. For containers use `grep11-server healthcheck`, which generates none.",
  ],
  flags: JSON_OUTPUT,
  examples: ["grep11 doctor", "grep11 doctor --address https://hsm.example:9876 --ca-cert ca.pem --json"],
  async run({ hsm, options, io, flags, settings }) {
    const findings: Finding[] = [];
    try {
      for (const [check, run] of checksOf(settings, hsm, options)) {
        const outcome = await run().then(
          (found) => ({ check, status: "ok", ...found }) as const,
          (error: unknown) => ({ check, status: "failed", ...failureOf(error, settings), error }) as const,
        );
        const { error, ...finding } = { error: undefined, ...outcome };
        findings.push(finding);
        const colour = { ok: 32, warning: 33, failed: 31 }[finding.status];
        if (!flags.json) {
          await printLine(io, `${paint(io, colour, finding.status.padEnd(8))} ${check.padEnd(18)} ${finding.text}`);
        }
        if (error !== undefined) throw error;
      }
    } finally {
      if (flags.json) await printJson(io, { healthy: findings.every(({ status }) => status !== "failed"), findings });
    }
  },
});

type Check = readonly [check: string, run: () => Promise<Pick<Finding, "text"> & Partial<Finding>>];

/** Returns the checks in the order in which they are made. */
function checksOf(settings: Settings, hsm: ck.Ep11, options: ck.CallOptions): Check[] {
  const { cert } = settings;
  const url = serverUrl(settings);
  const secure = url.protocol === "https:";
  return [
    ["settings", async () => ({ text: `${url.origin}, ${credentialsIn(settings)}` })],
    ...(cert === undefined
      ? []
      : ([["client certificate", async () => certificateFinding(new X509Certificate(Buffer.from(cert)))]] as const)),
    ...(secure
      ? ([["server certificate", async () => certificateFinding(await serverCertificateAt(url, settings))]] as const)
      : []),
    ["service", async () => ({ text: `responds ${await timeOf(() => hsm.generateRandom({ len: 16 }, options))}` })],
    ["mechanisms", async () => ({ text: String((await hsm.getMechanismList({}, options)).mechs.length) })],
    ["master key", async () => ({ text: `seals a key ${await timeOf(() => makeKey(hsm, options))}` })],
  ];
}

function credentialsIn({ cert, token, apikey }: Settings): string {
  const given = [cert && "client certificate", token && "token", apikey && "API key"].filter(Boolean);
  return given.length === 0 ? "no credentials" : given.join(" and ");
}

function certificateFinding(certificate: X509Certificate): Pick<Finding, "text"> & Partial<Finding> {
  const { subject, issuer, validToDate } = certificate;
  const days = Math.floor((validToDate.getTime() - Date.now()) / DAY_MS);
  const name = (of: string) => /CN=([^\n]*)/.exec(of)?.[1] ?? of.replaceAll("\n", ", ");
  const until = validToDate.toISOString().slice(0, 10);
  const text = `${name(subject)}, made by ${name(issuer)}, ${days < 0 ? `expired on ${until}` : `valid until ${until}`}`;
  return days < RENEW_DAYS ? { status: "warning", text, hint: "Renew it." } : { text };
}

async function timeOf(action: () => Promise<unknown>): Promise<string> {
  const began = performance.now();
  await action();
  return `in ${(performance.now() - began).toFixed(1)} ms`;
}

function makeKey(hsm: ck.Ep11, options: ck.CallOptions): Promise<unknown> {
  const request = { mech: { mechanism: ck.CKM_AES_KEY_GEN }, template: template({ CKA_VALUE_LEN: 32 }) };
  return hsm.generateKey(request, options);
}

function failureOf(error: unknown, settings: Settings): Pick<Finding, "text" | "hint"> {
  if (!(error instanceof ck.CkError)) return { text: (error as Error).message };
  return { text: failureText(error), hint: hintFor(error, settings) };
}
