/** When a message was made, in its transaction or by its call: its id, a UUID v7, tells (RFC 9562 section 5.7). */
export function madeAt(messageId: string): number {
  return Number.parseInt(messageId.slice(0, 8) + messageId.slice(9, 13), 16);
}
