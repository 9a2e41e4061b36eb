import type { Message, Messages } from '../broker/broker.js';

/** How much is published in one step: fewer steps are fewer round trips, and a broker serves nobody else during one. */
const MESSAGES = 50;
const CHARACTERS = 256 * 1024;

/** Divides messages of a channel, in their order, into as many as a broker is given at once. */
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
