import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { MESSAGES } from './asyncapi-messages.js';
import { asyncApiDocument } from './asyncapi.js';

const document = asyncApiDocument('localhost:8000', 'ws');

describe('the AsyncAPI document', () => {
  it('describes both endpoints at the server that was asked', () => {
    expect(document).toMatchObject({
      asyncapi: '3.0.0',
      servers: { herald: { host: 'localhost:8000', protocol: 'ws' } },
      channels: {
        notifications: { address: '/ws/notifications/' },
        events: { address: '/ws/events/{org_id}/', parameters: { org_id: {} } },
      },
    });
  });

  it('refers only to what it holds', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference);

    expect(references.length).toBeGreaterThan(10);
    for (const reference of references)
      expect([reference, find(reference ?? '')]).toEqual([reference, expect.any(Object)]);
  });

  it('lets the operations of a channel use only messages of that channel', () => {
    for (const operation of Object.values(document.operations)) {
      const { channel, messages } = operation as { channel: { $ref: string }; messages: { $ref: string }[] };
      for (const { $ref } of messages) expect($ref.startsWith(`${channel.$ref}/messages/`)).toBe(true);
    }
  });

  it.each(Object.entries(MESSAGES))('gives an example of %s that fits its schema', (_name, { payload, examples }) => {
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
    addFormats.default(ajv);

    for (const example of examples) {
      ajv.validate(payload, example.payload);
      expect(ajv.errors).toBeNull();
    }
  });
});

function find(reference: string): unknown {
  const steps = reference.replace('#/', '').split('/');
  return steps.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], document);
}
