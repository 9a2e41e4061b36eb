import type { Message, Messages, Published } from '../broker/broker.js';

/** Bounds one step. Larger steps save round trips, but the broker serves nobody else during one. */
const MESSAGES = 50;
const CHARACTERS = 256 * 1024;

/** How many messages of a step were new to the broker. */
export function freshOf(published: readonly Published[]): number {
  return published.filter(({ isRepetition }) => !isRepetition).length;
}

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
