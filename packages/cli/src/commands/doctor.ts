import { X509Certificate } from "node:crypto";
import { template } from "@grep11/client";
import { JSON_OUTPUT } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { defineCommand } from "../command.ts";
import { serverUrl } from "../connection/connection.ts";
import { failureText } from "../connection/connection-advice.ts";
import type { Settings } from "../connection/settings.ts";
import { serverCertificateAt } from "../connection/tls-probe.ts";
import { hintFor } from "../terminal/hints.ts";
import { paint, printJson, printLine } from "../terminal/output.ts";

const DAY_MS = 86_400_000;

/** A certificate is worth a warning when it has fewer days left than this. */
const RENEW_DAYS = 30;

/** What was found by one look. */
interface Finding {
  readonly check: string;
  readonly status: "ok" | "warning" | "failed";
  readonly text: string;
  readonly hint?: string;
}

export const doctor = defineCommand({
  name: "doctor",
  summary: "look at everything between here and a key: settings, certificates, service, credentials, master key",
  details: [
    "Looks at one thing after the other and stops at the first that fails, with the exit code of that failure. It makes a key to see whether there is a master key, and keeps nothing. A container has `grep11-server healthcheck`, which makes none.",
  ],
  flags: JSON_OUTPUT,
  examples: ["grep11 doctor", "grep11 doctor --address https://hsm.example:9876 --ca-cert ca.pem --json"],
  async run({ hsm, options, io, flags, settings }) {
    const findings: Finding[] = [];
    try {
      for (const [check, look] of looks(settings, hsm, options)) {
        const finding = await look().then(
          (found) => ({ check, status: "ok", ...found }) as const,
          (error: unknown) => ({ check, status: "failed", ...failureOf(error, settings), error }) as const,
        );
        const { error, ...told } = { error: undefined, ...finding };
        findings.push(told);
        const colour = { ok: 32, warning: 33, failed: 31 }[told.status];
        if (!flags.json) {
          await printLine(io, `${paint(io, colour, told.status.padEnd(8))} ${check.padEnd(18)} ${told.text}`);
        }
        if (error !== undefined) throw error;
      }
    } finally {
      if (flags.json) await printJson(io, { healthy: findings.every(({ status }) => status !== "failed"), findings });
    }
  },
});

type Look = readonly [check: string, look: () => Promise<Pick<Finding, "text"> & Partial<Finding>>];

/** What is looked at, in order. */
function looks(settings: Settings, hsm: ck.Ep11, options: ck.CallOptions): Look[] {
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
    ["service", async () => ({ text: `answers ${await timeOf(() => hsm.generateRandom({ len: 16 }, options))}` })],
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
