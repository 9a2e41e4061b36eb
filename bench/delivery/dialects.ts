export type PeerName = 'herald' | 'ws' | 'nest' | 'socketIo';

/** What a peer's clients say to it, besides WebSocket. */
export interface Dialect {
  /** Whether the token is in the head of the upgrade. */
  isTokenInHead: boolean;
  /**
   * Takes a text that the server sends before the client has joined. Returns what the client says to it, or null: it has
   * joined. Null instead of a function: the client has joined once its upgrade is answered.
   */
  greet: ((text: string, token: string) => string | null) | null;
  /** A message that the server answers with one. */
  ping: string;
}

export const DIALECTS: Readonly<Record<PeerName, Dialect>> = {
  herald: {
    isTokenInHead: true,
    greet: (text) => {
      if (text.startsWith('{"type":"connection.established"')) return null;
      throw new Error(`Not welcomed, but sent ${text}`);
    },
    ping: '{"type":"ping"}',
  },
  ws: { isTokenInHead: true, greet: null, ping: '{"type":"ping"}' },
  nest: { isTokenInHead: true, greet: null, ping: '{"event":"ping"}' },
  socketIo: {
    isTokenInHead: false,
    // Engine.IO opens (0); in its messages (4), Socket.IO connects (0).
    greet: (text, token) => {
      if (text.startsWith('0{')) return `40${JSON.stringify({ token })}`;
      if (text.startsWith('40{')) return null;
      throw new Error(`Not connected, but sent ${text}`);
    },
    ping: '42["ping"]',
  },
};

/** Engine.IO's ping is a text of this length; no other text that is sent here is so short. */
export const ENGINE_PING_LENGTH = 1;
export const ENGINE_PONG = '3';
