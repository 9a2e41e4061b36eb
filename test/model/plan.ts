import fc from 'fast-check';

export const NODES = ['one', 'two'] as const;
export type NodeName = (typeof NODES)[number];

/** The number of organizations, each of which is a channel. */
export const ORGANIZATIONS = 2;
/** The number of clients that come and go. */
export const WANDERERS = 4;

/** One message of a transaction, perhaps in its own savepoint, which is kept or rolled back. */
export interface Step {
  org: number;
  does: 'create' | 'announce';
  savepoint: 'none' | 'kept' | 'undone';
}

export const FAULTS = [
  'node killed',
  'node drained',
  'redis restarted',
  'redis restarted empty',
  'redis frozen',
  'subscribers cut',
] as const;
export type Fault = (typeof FAULTS)[number];

/** What happens next. `pick` chooses among what exists at that moment. */
export type Operation =
  | { kind: 'create' | 'update' | 'delete' | 'announce'; node: NodeName; org: number; pick: number }
  | { kind: 'transaction'; isKept: boolean; steps: Step[] }
  | { kind: 'arrive'; wanderer: number; node: NodeName; cursor: 'none' | 'last' | 'earlier'; pick: number }
  | { kind: 'leave'; wanderer: number; isOrderly: boolean }
  | { kind: 'fault'; fault: Fault };

/** The number of operations for each fault. */
export const FAULT_PERIOD = 50;

const node = fc.constantFrom(...NODES);
const org = fc.nat(ORGANIZATIONS - 1);
const wanderer = fc.nat(WANDERERS - 1);
const pick = fc.nat(9_999);

const step = fc.record<Step>({
  org,
  does: fc.constantFrom('create', 'announce'),
  savepoint: fc.constantFrom('none', 'none', 'kept', 'undone'),
});

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 12, arbitrary: write('create', 'create', 'update', 'update', 'delete', 'announce', 'announce') },
  {
    weight: 4,
    arbitrary: fc.record<Operation & { kind: 'transaction' }>({
      kind: fc.constant('transaction'),
      isKept: fc.boolean(),
      steps: fc.array(step, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record<Operation & { kind: 'arrive' }>({
      kind: fc.constant('arrive'),
      wanderer,
      node,
      cursor: fc.constantFrom('none', 'last', 'last', 'last', 'last', 'earlier'),
      pick,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record<Operation & { kind: 'leave' }>({
      kind: fc.constant('leave'),
      wanderer,
      isOrderly: fc.boolean(),
    }),
  },
);

function write(...kinds: ('create' | 'update' | 'delete' | 'announce')[]) {
  return fc.record({ kind: fc.constantFrom(...kinds), node, org, pick });
}

/** The operations of a seed, always the same. Every kind of fault occurs once before any is repeated. */
export function planOf(seed: number, length: number): Operation[] {
  const rounds = Math.ceil(length / FAULT_PERIOD / FAULTS.length);
  const shuffled = fc.shuffledSubarray([...FAULTS], { minLength: FAULTS.length });
  const faults = fc.sample(shuffled, { seed, numRuns: rounds }).flat();
  return fc.sample(operation, { seed, numRuns: length }).map((each, index): Operation => {
    // In the middle of each period, so that the first and last operations meet no fault.
    const fault = index % FAULT_PERIOD === FAULT_PERIOD / 2 ? faults[Math.floor(index / FAULT_PERIOD)] : undefined;
    return fault === undefined ? each : { kind: 'fault', fault };
  });
}
