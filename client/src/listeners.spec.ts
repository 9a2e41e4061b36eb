import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Listeners } from './listeners.js';

let listeners: Listeners;
let heard: unknown[];
const hear = (value: unknown): void => void heard.push(value);

beforeEach(() => {
  listeners = new Listeners();
  heard = [];
});

describe('a listener', () => {
  it('hears values of its name until it is removed', () => {
    const off = listeners.add('event', hear);
    listeners.tell('event', 1);
    listeners.tell('other', 2);
    off();
    off();
    listeners.tell('event', 3);
    expect(heard).toEqual([1]);
  });

  it('that was added twice hears twice, and is taken off once', () => {
    const off = listeners.add('event', hear);
    listeners.add('event', hear);
    listeners.tell('event', 1);
    off();
    listeners.tell('event', 2);
    expect(heard).toEqual([1, 1, 2]);
  });

  it('hears until its signal is aborted', () => {
    const controller = new AbortController();
    listeners.add('event', hear, controller.signal);
    listeners.tell('event', 1);
    controller.abort();
    listeners.tell('event', 2);
    listeners.add('event', hear, controller.signal);
    listeners.tell('event', 3);
    expect(heard).toEqual([1]);
  });

  it('that another one removes during a call is not called', () => {
    let off = (): void => undefined;
    listeners.add('event', () => off());
    off = listeners.add('event', hear);
    listeners.tell('event', 1);
    expect(heard).toEqual([]);
  });

  it('that another one adds during a call hears the next value', () => {
    listeners.add('event', () => listeners.add('event', hear));
    listeners.tell('event', 1);
    expect(heard).toEqual([]);
    listeners.tell('event', 2);
    expect(heard).toEqual([2]);
  });

  it('hears nothing after all are cleared', () => {
    listeners.add('event', hear);
    listeners.clear();
    listeners.tell('event', 1);
    expect(heard).toEqual([]);
  });
});

describe('a listener that fails', () => {
  const failure = new Error('of the listener');
  /** Browsers have it; Node does not. */
  const page = globalThis as { reportError?: (error: unknown) => void };
  const nodes = page.reportError;

  afterEach(() => {
    jest.restoreAllMocks();
    if (nodes === undefined) delete page.reportError;
    else page.reportError = nodes;
  });

  it.each<[string, () => unknown]>([
    [
      'at once',
      () => {
        throw failure;
      },
    ],
    ['later', () => Promise.reject(failure)],
  ])('%s disturbs no other, and is reported as the browser does it', async (_, fail) => {
    const reportError = jest.fn();
    page.reportError = reportError;
    listeners.add('event', fail);
    listeners.add('event', hear);
    listeners.tell('event', 1);
    await Promise.resolve();
    expect(heard).toEqual([1]);
    expect(reportError.mock.calls).toEqual([[failure]]);
  });

  it('is reported on the console where there is nothing else', () => {
    delete page.reportError;
    const error = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    listeners.add('event', () => {
      throw failure;
    });
    listeners.tell('event', 1);
    expect(error.mock.calls).toEqual([[failure]]);
  });
});
