import type { Message, Messages } from '../broker/broker.js';

/** Bounds one step. Larger steps save round trips, but the broker serves nobody else during one. */
const MESSAGES = 50;
const CHARACTERS = 256 * 1024;

/** Splits a channel's messages, in order, into groups that are published atomically. */
export function inSteps(messages: readonly Message[]): Messages[] {
  const steps: [Message, ...Message[]][] = [];
  let characters = 0;
  for (const message of messages) {
    const step = steps.at(-1);
    characters += message.body.length;
    if (step !== undefined && step.length < MESSAGES && characters <= CHARACTERS) {
      step.push(message);
    } else {
      steps.push([message]);
      characters = message.body.length;
    }
  }
  return steps;
}
