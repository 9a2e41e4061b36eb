/** The words that stand beside the codes of who has broken RFC 6455 or a limit of ours. */
export const VIOLATION_REASONS: Readonly<Record<number, string>> = {
  1002: 'protocol_error',
  1007: 'invalid_utf8',
  1008: 'too_many_fragments',
  1009: 'message_too_big',
};
