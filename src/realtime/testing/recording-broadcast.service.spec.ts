import { describe, expect, it } from '@jest/globals';
import { isUuid, orgChannel } from '../broker/channel.js';
import { defineChannel } from '../broadcast/catalogue.js';
import { InvalidBroadcastError } from '../broadcast/invalid-broadcast.error.js';
import { RecordingBroadcastService } from './recording-broadcast.service.js';

const ID = '123e4567-e89b-12d3-a456-426614174000';
const boards = defineChannel('spec-board', { id: isUuid });

describe('a recording broadcast service', () => {
  it('keeps what was broadcast, by channel, organization and user', async () => {
    const broadcast = new RecordingBroadcastService();
    await broadcast.publish(boards.of(ID), 'note.added', { text: 'Sow' });
    await broadcast.broadcastOrgEvent(ID, 'invoice.paid', { cents: 5 });
    await broadcast.broadcastNotification('test-user-123', { title: 'Hello' });
    await broadcast.broadcastToEveryone({ title: 'Look' });
    expect(broadcast.eventsOf(boards.of(ID))).toEqual([
      { type: 'event', event_type: 'note.added', data: { text: 'Sow' } },
    ]);
    expect(broadcast.eventsOfOrg(ID)).toMatchObject([{ event_type: 'invoice.paid' }]);
    expect(broadcast.notificationsOf('test-user-123')).toMatchObject([{ title: 'Hello' }]);
    expect(broadcast.notificationsOf('bob')).toEqual([]);
    expect(broadcast.messages.at(-1)).toMatchObject({ channel: null, frame: { notification: { title: 'Look' } } });
  });

  it('keeps revocations', async () => {
    const broadcast = new RecordingBroadcastService();
    await broadcast.evictFromOrg(ID, 'bob');
    await broadcast.disconnectUser('bob');
    expect(broadcast.revocations).toMatchObject([
      { channel: orgChannel.of(ID).name, userId: 'bob', close: { code: 4003 } },
      { channel: null, userId: 'bob', close: { code: 4001 } },
    ]);
  });

  it('refuses what the real one refuses', async () => {
    const broadcast = new RecordingBroadcastService();
    await expect(broadcast.broadcastOrgEvent(ID, 'paid', {})).rejects.toBeInstanceOf(InvalidBroadcastError);
    await expect(broadcast.broadcastNotification('bob', { title: '' })).rejects.toBeInstanceOf(InvalidBroadcastError);
    expect(broadcast.messages).toEqual([]);
  });
});
