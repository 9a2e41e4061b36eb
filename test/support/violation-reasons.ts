/** The close reasons for violations of RFC 6455 or of Herald's limits, by code. */
export const VIOLATION_REASONS: Readonly<Record<number, string>> = {
  1002: 'protocol_error',
  1007: 'invalid_utf8',
  1008: 'too_many_fragments',
  1009: 'message_too_big',
};
