import { describe, expect, it } from '@jest/globals';
import { type Toast, withToast } from './shown-toasts.js';

/** The titles left after adding these toasts in order. */
function shown(titles: readonly string[], sticky: readonly string[] = []): string[] {
  const toasts = titles.map((title, id): Toast => ({ id, title, isSticky: sticky.includes(title) }));
  return toasts.reduce<readonly Toast[]>(withToast, []).map(({ title }) => title);
}

describe('withToast', () => {
  it('drops the oldest of more than four', () => {
    expect(shown(['a', 'b', 'c', 'd', 'e'])).toEqual(['b', 'c', 'd', 'e']);
  });

  it('never drops one that stays until it is dismissed', () => {
    expect(shown(['alert', 'a', 'b', 'c', 'd', 'e'], ['alert'])).toEqual(['alert', 'b', 'c', 'd', 'e']);
  });

  it('shows the newest however many stay', () => {
    const alerts = ['1', '2', '3', '4', '5'];
    expect(shown([...alerts, 'a'], alerts)).toEqual([...alerts, 'a']);
  });
});
