import type { NestExpressApplication } from '@nestjs/platform-express';
import { ThrottlerStorage } from '@nestjs/throttler';
import type { Redis } from 'ioredis';

/** Longer than Redis ever takes, even on a busy machine. */
const PATIENT_MS = 10_000;

/** Makes a node wait for Redis, where it would count requests itself after a quarter of a second. */
export function countPatiently(app: NestExpressApplication): void {
  // ioredis reads the option for each command.
  const { commands } = app.get<{ commands: Redis }>(ThrottlerStorage, { strict: false });
  commands.options.commandTimeout = PATIENT_MS;
}
