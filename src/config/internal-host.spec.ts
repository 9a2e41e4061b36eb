import { describe, expect, it } from '@jest/globals';
import { isInternalHost } from './internal-host.js';

describe('isInternalHost', () => {
  it.each([
    'localhost',
    'localhost.',
    'keycloak',
    'KEYCLOAK',
    'keycloak.auth.svc',
    'keycloak.auth.svc.cluster.local',
    'id.internal',
    'a.localhost',
    '127.0.0.1',
    '127.1',
    '2130706433',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.1.1',
    '[::1]',
    '[fd00::1]',
    '[fe80::1]',
    '[::ffff:10.0.0.1]',
  ])('says that %s is inside', (host) => {
    expect(isInternalHost(`http://${host}:8080/realms/r`)).toBe(true);
  });

  it.each([
    'id.example.com',
    'localhost.example.com',
    'example.svc.com',
    'internal.example.com',
    'notinternal.com',
    '8.8.8.8',
    '172.32.0.1',
    '172.15.0.1',
    '192.169.0.1',
    '11.0.0.1',
    '134744072',
    '[2001:db8::1]',
    '[::ffff:8.8.8.8]',
  ])('says that %s is outside', (host) => {
    expect(isInternalHost(`http://${host}:8080/realms/r`)).toBe(false);
  });

  it('looks only at the host', () => {
    expect(isInternalHost('http://id.example.com/localhost?http://127.0.0.1#keycloak')).toBe(false);
    expect(isInternalHost('http://localhost@id.example.com/')).toBe(false);
  });
});
