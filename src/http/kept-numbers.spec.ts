import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findLostNumber } from './kept-numbers.js';

describe('findLostNumber', () => {
  it.each([
    '738529527931269425',
    '-9007199254740993',
    '9007199254740993.0',
    '738529527931269376',
    '1.8446744073709551615e19',
    '3.141592653589793238',
    '12345678901234567.89',
    '1e400',
    '-1e400',
    '1e-400',
    '5e-325',
    '0.1000000000000000055511151231257827021181583404541015625001',
    `0.${'1'.repeat(200)}`,
  ])('finds %s', (literal) => {
    expect(findLostNumber(`{"data":{"id":${literal}}}`)).toBe('data.id');
  });

  it.each([
    '0',
    '-0',
    '0.0',
    '0e999',
    '9007199254740992',
    '9007199254740991',
    '1.50',
    '100',
    '1e2',
    '1E+2',
    '100000000000000000000',
    '1e300',
    '123456789012345680000',
    '0.1',
    '0.30000000000000004',
    '0.10000000000000001',
    '2.2250738585072014e-308',
    '5e-324',
    '1.7976931348623157e308',
    '0.1000000000000000055511151231257827',
    `1${'0'.repeat(300)}`,
    `0.5${'0'.repeat(300)}`,
  ])('finds nothing wrong with %s', (literal) => {
    expect(findLostNumber(`{"data":{"id":${literal}}}`)).toBeNull();
  });

  const LOST = '738529527931269425';

  it.each([
    [`{"a":${LOST}}`, 'a'],
    [`[1,[2,3],{"x":"y"},${LOST}]`, '3'],
    [`{"a":{"b":[1,{"c":2},[[]],${LOST}]}}`, 'a.b.3'],
    [`{"a":{"b":1},"c":[],"d":{"e":{}},"f" : ${LOST}}`, 'f'],
    [`{"a":"{[,","b\\"]":"x\\\\","c":${LOST}}`, 'c'],
    [`{"a,\\"b":${LOST}}`, 'a,"b'],
    [`{"\\u00e9":${LOST}}`, 'é'],
    [`{ "a" \n:\t[ ${LOST} ] }`, 'a.0'],
    [LOST, ''],
  ])('names the place in %s', (text, path) => {
    expect(findLostNumber(text)).toBe(path);
  });

  it.each([`{"a":"${LOST}"}`, `{"a":"\\"${LOST}"}`, `{"${LOST}":1}`, `["\\\\", "${LOST}"]`])(
    'ignores what is not a number: %s',
    (text) => {
      expect(findLostNumber(text)).toBeNull();
    },
  );

  it.each([
    `{"a":${LOST}`,
    `{a:${LOST}}`,
    `{"a":0${LOST}}`,
    `{"a":"\\x":${LOST}}`,
    `}]${LOST}`,
    `"${LOST}`,
    `--${LOST}`,
  ])('leaves what is no JSON to others: %s', (text) => {
    expect(findLostNumber(text)).toBeNull();
  });

  it('finds nothing in JSON that JavaScript wrote', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(findLostNumber(JSON.stringify(value))).toBeNull();
      }),
    );
  });

  it('finds exactly the integers whose digits would change', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 69n), max: 2n ** 69n }), (integer) => {
        const isKept = String(Number(integer)) === String(integer);
        expect(findLostNumber(`[${integer}]`)).toBe(isKept ? null : '0');
      }),
    );
  });

  it.each([
    '"'.padEnd(100_000, '\\"'),
    '0'.repeat(100_000),
    `${'0'.repeat(99_999)}1`,
    '['.repeat(100_000),
    '"a" '.repeat(25_000),
  ])('takes no longer for a text that is made for it: %#', (text) => {
    const started = performance.now();
    findLostNumber(text);
    findLostNumber(`{"a":${text}}`);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
