import { describe, expect, it } from '@jest/globals';
import { closeSentence } from './describe-connection.js';

describe('closeSentence', () => {
  it.each([
    [{ code: 1012, reason: 'restarting' }, 'Code 1012: the server restarted'],
    [{ code: 1006, reason: '' }, 'Code 1006: the link was lost'],
    [{ code: 1000, reason: '' }, 'Code 1000'],
    [{ code: 4000, reason: 'constructor' }, 'Code 4000: constructor'],
  ])('describes %j', (closed, sentence) => {
    expect(closeSentence(closed)).toBe(sentence);
  });
});
