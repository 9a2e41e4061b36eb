import assert from 'node:assert/strict';
import fc from 'fast-check';
import { answerOf, expectedAnswerTo } from './expected-answer.js';
import { clientText } from './client-text.js';
import { type Property, run } from './property.js';

/** Each message of a client gets the one answer that the contract specifies. */
export const messages: Property = {
  name: 'messages',
  check: (target, options) =>
    fc.assert(
      fc.asyncProperty(fc.array(clientText, { minLength: 1, maxLength: 20 }), (texts) =>
        run(target, async () => {
          const peer = await target.open();
          try {
            for (const text of texts) peer.sendText(text);
            const expected = texts.map(expectedAnswerTo);
            if (expected.some((answer) => 'close' in answer)) {
              // The messages after a token are answered while it is being verified.
              assert.deepEqual(await peer.closed(), { code: 4001, reason: 'token_invalid' });
              peer.messages.forEach(answerOf);
            } else {
              assert.deepEqual((await peer.answers()).map(answerOf), expected);
            }
          } finally {
            peer.drop();
          }
        }),
      ),
      options,
    ),
};
