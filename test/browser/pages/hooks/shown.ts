/** What the page shows, and for which user. */
export interface Shown {
  url: string;
  userId: string;
  orgId: string;
  share: boolean;
  limit: number;
  /** The lifetime of the first token, in seconds. */
  expiresIn?: number;
  parts: string[];
}

declare global {
  interface Window {
    show: (fields: Partial<Shown>) => void;
    /** The reasons given in each request for a token. */
    asked: string[];
    /** How often a mount effect has run; StrictMode runs it twice. */
    effects: number;
    /** Another user, whose token `getToken` returns instead. */
    tokenOf?: string;
  }
}
