/** What the page shows, and of whom. */
export interface Shown {
  url: string;
  userId: string;
  orgId: string;
  share: boolean;
  limit: number;
  /** Seconds; of the first token. */
  expiresIn?: number;
  parts: string[];
}

declare global {
  interface Window {
    show: (fields: Partial<Shown>) => void;
    /** Why the page was asked for a token, each time. */
    asked: string[];
    /** How often an effect has run that was to run once: StrictMode makes it two times. */
    effects: number;
    /** Whose token it gives instead of the user's. */
    tokenOf?: string;
  }
}
