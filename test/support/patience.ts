/**
 * How long nodes under test let clients wait: a busy machine makes crowds and faults take longer than in production. What
 * happens to clients that wait in vain is the subject of other tests.
 */
export const PATIENCE = { admissionMs: 20_000, confirmMs: 15_000 };
