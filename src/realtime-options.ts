import type { IncomingMessage } from 'node:http';
import type { Registry } from 'prom-client';
import { TokenRejectedError } from './auth/token-errors.js';
import type { TokenVerifier } from './auth/token-verifier.js';
import type { Environment } from './config/environment.js';
import type { AuthenticatedRequest } from './auth/authenticated-request.js';
import type { Inbox, RealtimeOptions, RefusedToken, VerifiedToken } from './realtime/index.js';

/** The engine's options, from the environment and the parts that implement its ports. */
export function realtimeOptions(
  environment: Environment,
  verifier: TokenVerifier,
  inbox: Inbox,
  metrics: Registry,
): RealtimeOptions {
  const {
    redis,
    history,
    ws: limits,
    allowedOrigins,
    trustProxy,
    shutdownGraceMs,
    isProduction,
    timings,
  } = environment;
  return {
    redis,
    history,
    limits,
    allowedOrigins,
    trustProxy,
    shutdownGraceMs,
    timings,
    inbox,
    metrics,
    checksData: !isProduction,
    tokenVerifier: { verify: (token) => verify(verifier, token) },
    userIdOf: (request: IncomingMessage & Pick<AuthenticatedRequest, 'principal'>) => request.principal?.userId ?? null,
  };
}

async function verify(verifier: TokenVerifier, token: string): Promise<VerifiedToken | RefusedToken> {
  try {
    return await verifier.verify(token);
  } catch (error) {
    if (error instanceof TokenRejectedError) return { refused: error.reason };
    throw error;
  }
}
