import { afterEach, describe, expect, it } from '@jest/globals';
import { ApiClient } from './support/api-client.js';
import { type Herald, herald, twoHeralds } from './support/herald.js';

let node: Herald;

afterEach(() => node.stop());

async function found({ url }: Herald): Promise<number> {
  return (await new ApiClient(url, null, '').post('/dev/demo')).status;
}

async function organizationsOf(userId: string): Promise<{ id: string; name: string; role: string }[]> {
  const { body } = await (await node.api(userId)).get('/orgs');
  return body.items;
}

describe('the demo organization', () => {
  it('is created, and listed first, even if its users already have another organization', async () => {
    node = await herald({}, { embedded: true });
    const ofTerminal = await node.organization('alice', ['bob']);
    expect(await found(node)).toBe(204);

    const demo = { name: 'Acme Robotics' };
    expect(await organizationsOf('alice')).toMatchObject([{ ...demo, role: 'owner' }, { id: ofTerminal }]);
    expect(await organizationsOf('bob')).toMatchObject([{ ...demo, role: 'admin' }, { id: ofTerminal }]);
    expect(await organizationsOf('carol')).toMatchObject([{ ...demo, role: 'member' }]);
  });

  it('is created once by processes that are asked at the same time', async () => {
    const [one, other] = await twoHeralds();
    node = one;
    expect(await Promise.all([found(one), found(other)])).toEqual([204, 204]);
    expect(await organizationsOf('alice')).toHaveLength(1);
  });
});
