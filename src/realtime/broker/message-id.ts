/** When a message was created, read from its id, a UUID v7 (RFC 9562 section 5.7). */
export function madeAt(messageId: string): number {
  return Number.parseInt(messageId.slice(0, 8) + messageId.slice(9, 13), 16);
}
