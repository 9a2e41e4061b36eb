import { describe, expect, it } from '@jest/globals';
import { Environment } from './environment.js';
import { isOriginAllowed } from '../realtime/support/origin.js';

function isAllowed(origin: string, allowed: string): boolean {
  return isOriginAllowed(origin, new Environment({ ALLOWED_ORIGINS: allowed }).allowedOrigins);
}

const LIST = 'https://app.example.com, http://localhost:3000, *.wild.example.com, http://*.dev.test:8080, [::1]:444';

describe('isOriginAllowed', () => {
  it.each([
    'https://app.example.com',
    'https://app.example.com:443',
    'HTTPS://App.Example.COM',
    'http://localhost:3000',
    'https://a.wild.example.com',
    'https://a.b.c.wild.example.com',
    'http://a.dev.test:8080',
    'https://[::1]:444',
  ])('allows %s', (origin) => {
    expect(isAllowed(origin, LIST)).toBe(true);
  });

  it.each([
    '',
    'null',
    'app.example.com',
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://app.example.com:80',
    'https://app.example.com/',
    'https://app.example.com/path',
    'https://app.example.com?query',
    'https://app.example.com, https://evil.example',
    'https://app.example.com https://evil.example',
    'https://evilapp.example.com',
    'https://app.example.com.evil.io',
    'https://appXexample.com',
    'https://app.example.com.',
    'https://user@app.example.com',
    'https://app.example.com@evil.io',
    'https://app.example.com\n',
    'http://localhost',
    'http://localhost:30000',
    'https://wild.example.com',
    'https://.wild.example.com',
    'https://a..wild.example.com',
    'https://evilwild.example.com',
    'https://*.wild.example.com',
    'http://a.wild.example.com',
    'http://a.dev.test',
    'https://a.dev.test:8080',
    'chrome-extension://abc',
    'capacitor://localhost',
    'file://',
  ])('refuses %j', (origin) => {
    expect(isAllowed(origin, LIST)).toBe(false);
  });

  it('allows the schemes of apps if listed', () => {
    expect(isAllowed('capacitor://localhost', 'capacitor://localhost')).toBe(true);
  });

  it('treats an explicit default port in the list as none', () => {
    expect(isAllowed('https://app.example.com', 'app.example.com:443')).toBe(true);
    expect(isAllowed('http://app.example.com', 'http://app.example.com:80')).toBe(true);
  });

  it('allows nothing with an empty list', () => {
    expect(isOriginAllowed('https://app.example.com', [])).toBe(false);
  });

  it('allows the pages of this server and of development servers by default', () => {
    const { allowedOrigins } = new Environment({ PORT: '9000' });
    const ports = ['9000', '8000', '3000', '5173'];
    for (const host of ['localhost', '127.0.0.1']) {
      for (const port of ports) expect(isOriginAllowed(`http://${host}:${port}`, allowedOrigins)).toBe(true);
    }
    expect(isOriginAllowed('http://localhost:4000', allowedOrigins)).toBe(false);
  });
});

describe('ALLOWED_ORIGINS', () => {
  it.each(['*', 'https://*', 'https://a.example.com/path', 'a.*.com', '*.*.com', 'a b', 'a,,b', 'a:b', 'null/', '*.'])(
    'does not take %s',
    (allowed) => {
      expect(() => new Environment({ ALLOWED_ORIGINS: allowed })).toThrow('ALLOWED_ORIGINS: got');
    },
  );
});
