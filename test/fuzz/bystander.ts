import { ApiClient } from '../support/api-client.js';
import { connect, type Frame, type TestClient } from '../support/ws-client.js';

/** A user of another organization, who must be served and receive exactly their own events, whatever others do. */
export class Bystander {
  private pings = 0;
  private events = 0;

  private constructor(
    private readonly client: TestClient,
    private readonly api: ApiClient,
    private readonly orgId: string,
  ) {}

  static async join({ url, wsUrl }: { url: string; wsUrl: string }, token: string): Promise<Bystander> {
    const api = new ApiClient(url, token);
    const orgId: string = (await api.post('/orgs', { name: 'Quiet' })).body.id;
    const client = await connect(`${wsUrl}/ws/events/${orgId}/`, { token });
    await client.next();
    return new Bystander(client, api, orgId);
  }

  /** @throws if the next message is not the answer to their ping */
  async isServed(): Promise<void> {
    this.pings += 1;
    this.client.send({ type: 'ping', timestamp: this.pings });
    const frame = await this.client.next();
    if (frame.type !== 'pong' || frame.timestamp !== this.pings) throw surprise(frame);
  }

  /** @throws if the next message is not the event published for them */
  async isTold(): Promise<void> {
    this.events += 1;
    const event = { event_type: 'quiet.event', data: { n: this.events } };
    const { status } = await this.api.post(`/orgs/${this.orgId}/events`, event);
    if (status !== 202) throw new Error(`The bystander's event was answered with ${status}`);
    const frame = await this.client.next();
    if (frame.type !== 'event' || JSON.stringify(frame.data) !== JSON.stringify(event.data)) throw surprise(frame);
  }
}

function surprise(frame: Frame): Error {
  return new Error(`The bystander was told what is not theirs: ${JSON.stringify(frame)}`);
}
