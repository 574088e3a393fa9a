/** Converts a configuration to the plan of a service. */
import { createHash } from "node:crypto";
import {
  adjustPolicy,
  HPCS_POLICY,
  type KeyCacheOptions,
  type Policy,
  STRICT_POLICY,
  type WorkerExecutorOptions,
} from "@grep11/engine";
import type { BearerVerifier } from "@grep11/grpc-server";
import { readTls } from "./certificates/configured-tls.ts";
import { ConfigError } from "./config/config-error.ts";
import type { Config } from "./config/schema.ts";
import type { KeyringSource } from "./keyring/keyring-store.ts";
import { isPresent, keyringOfConfig } from "./keyring/locate-keyring.ts";
import type { PlannedListener, ServicePlan } from "./service.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const POLICIES = { hpcs: HPCS_POLICY, strict: STRICT_POLICY } as const;

/**
 * Returns the plan of a process, of which the server has `processes`. It uses the keyring `given`, or by default the configured
 * one. Errors: ConfigError if serving is disabled or the keyring file is missing.
 */
export async function configuredPlan(config: Config, processes = 1, given?: KeyringSource): Promise<ServicePlan> {
  const { ep11crypto, grep11 } = config;
  const { connection } = ep11crypto;
  const { limits } = grep11;
  if (!ep11crypto.enabled) throw new ConfigError(["ep11crypto.enabled is false: there is nothing to serve"]);
  const keyring = keyringOfConfig(grep11);
  if (!isPresent(keyring))
    throw new ConfigError([
      `grep11.keyring.file: there is no ${grep11.keyring.file}; create it with grep11-server keyring init and the same --config`,
    ]);
  const listener: PlannedListener = {
    host: connection.address,
    port: connection.port,
    allowedOrigins: grep11.cors.allowedOrigins,
    ...(connection.tls.enabled && {
      readTls: async () => ({
        ...(await readTls(connection.tls, { groupReadable: grep11.allowGroupReadableSecrets })),
        requireClientUsage: grep11.clientCertificates.requireUsage,
      }),
    }),
    ...(grep11.bearer.required && { bearer: listedTokens(grep11.bearer.tokens) }),
  };
  return {
    keyring: given ?? keyring.store,
    engine: {
      policy: policyOf(grep11.policy),
      mechanisms: grep11.mechanisms,
      blsSuite: grep11.blsSuite,
      keyCache: keyCacheOf(grep11.keyCache),
      stateLifetimeMs: grep11.stateLifetime,
      failuresPerMinute: limits.failuresPerMinute && Math.ceil(limits.failuresPerMinute / processes),
    },
    workers: workersOf(grep11.workers),
    listeners: [listener],
    server: {
      http2: grep11.http2,
      maxDataBytes: limits.maxDataMiB * MIB,
      maxJsonBytes: limits.maxJsonKiB && limits.maxJsonKiB * KIB,
      callTimeoutMs: limits.callTimeout,
      bodyTimeoutMs: limits.bodyTimeout,
      maxPendingBytes: limits.maxPendingMiB * MIB,
      maxConnections: limits.maxConnections,
      ...(limits.maxConnectionsPerAddress !== undefined && {
        maxConnectionsPerAddress: limits.maxConnectionsPerAddress,
      }),
      idleTimeoutMs: limits.maxConnectionIdle,
      ...(limits.maxConnectionAge !== undefined && { maxConnectionAgeMs: limits.maxConnectionAge }),
      keepalive: {
        intervalMs: connection.keepalive.serverKeepaliveTime,
        timeoutMs: connection.keepalive.serverKeepaliveTimeout,
      },
    },
    drainMs: grep11.drain,
  };
}

/** Returns a verifier that accepts the tokens whose SHA-256 (lower-case hexadecimal) is listed. */
function listedTokens(tokens: Config["grep11"]["bearer"]["tokens"]): BearerVerifier {
  const principals = new Map(tokens.map(({ principal, sha256 }) => [sha256, { name: principal }]));
  return (token) => principals.get(createHash("sha256").update(token).digest("hex"));
}

/** Returns the policy `base` with the control points `on` switched on and `off` switched off. */
function policyOf({ base, on, off }: Config["grep11"]["policy"]): Policy {
  const named = POLICIES[base];
  return on.length + off.length === 0 ? named : adjustPolicy(named, `${base} adjusted`, { on, off });
}

function keyCacheOf({ enabled, maxKeys, maxMiB, maxAge }: Config["grep11"]["keyCache"]): KeyCacheOptions | false {
  return enabled && { maxKeys, maxBytes: maxMiB * MIB, maxAgeMs: maxAge };
}

function workersOf({
  threads,
  generationThreads,
  maxWait,
  ...bounds
}: Config["grep11"]["workers"]): WorkerExecutorOptions {
  return {
    ...(threads !== undefined && { workers: threads }),
    ...(generationThreads !== undefined && { generationWorkers: generationThreads }),
    maxWaitMs: maxWait,
    ...bounds,
  };
}
