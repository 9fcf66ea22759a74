/** Clients of a unit: enrolment, what is known of them before the start, allocation, ending. */
import { type RandomStream, randomStream, shuffleInPlace } from "../numeric/random-stream.js";
import { drawLevel, drawWhole, onScale } from "./draw.js";
import { DAYS_OF_MONTH, FOLLOW_UP_DAYS, type SimulatedEnding, simulateEnding } from "./simulate-endings.js";
import { holderOn, type Post } from "./simulate-staff.js";
import { QUARTER, quarterStart, type SimulatedUnit } from "./simulate-units.js";
import { ARMS, type Arm, type Levels, type Simulation } from "./simulation.js";

export const ORS_RANGE = [0, 40] as const;
/** Clients of a unit are allocated in blocks of this size, half of each to either arm. */
const BLOCK = 4;

export interface SimulatedClient extends SimulatedEnding {
  readonly client: string;
  readonly unit: SimulatedUnit;
  /** As randomised. */
  readonly therapist: string;
  readonly therapistLast: string;
  readonly arm: Arm;
  readonly armReceived: Arm;
  /** Days since 1970-01-01. */
  readonly randomised: number;
  /** Quarter of enrolment, from 1. */
  readonly period: number;
  readonly age: number;
  readonly sex: string;
  readonly referral: string;
  readonly problem: string;
  /** ORS before the start, as written down. */
  readonly baseline: number;
  /** Of the outcome: therapist's and client's deviation, points. */
  readonly therapistEffect: number;
  readonly intercept: number;
  /** Risk of not getting on track, predicted from the baseline. */
  readonly risk: number;
}

export function simulateClients(
  simulation: Simulation,
  seed: number,
  unit: SimulatedUnit,
  posts: readonly Post[],
): SimulatedClient[] {
  const { clients } = simulation.designs[unit.design];
  const stream = randomStream(seed, `simulate/enrolment/${unit.unit}`, 0);
  const n = drawWhole(stream, clients);
  const days = Int32Array.from({ length: n }, () => stream.below(simulation.calendar.quarters * QUARTER)).sort();
  const arms = unit.switchDate === null ? allocate(n, randomStream(seed, `simulate/allocation/${unit.unit}`, 0)) : null;
  return Array.from(days, (day, i) => {
    const randomised = quarterStart(simulation, 1) + day;
    const arm = arms === null ? (randomised >= unit.switchDate! ? "FIT" : "TAU") : arms[i]!;
    const client = `${unit.unit}-${String(i + 1).padStart(3, "0")}`;
    return simulateClient(simulation, seed, client, unit, posts, randomised, arm);
  });
}

/** Arms of n clients in permuted blocks. */
function allocate(n: number, stream: RandomStream): Arm[] {
  const arms: Arm[] = [];
  while (arms.length < n) {
    const block = Int32Array.from({ length: BLOCK }, (_, i) => i % 2);
    shuffleInPlace(block, stream);
    arms.push(...Array.from(block, (code) => ARMS[code]!));
  }
  return arms.slice(0, n);
}

function simulateClient(
  simulation: Simulation,
  seed: number,
  client: string,
  unit: SimulatedUnit,
  posts: readonly Post[],
  randomised: number,
  arm: Arm,
): SimulatedClient {
  const { clients, ors, designs } = simulation;
  const stream = randomStream(seed, `simulate/client/${client}`, 0);
  const age = Math.min(
    clients.age.range[1],
    Math.max(clients.age.range[0], Math.round(clients.age.mean + clients.age.sd * stream.normal())),
  );
  const sex = drawLevel(stream, sharesOf(clients.sex));
  const referral = drawLevel(stream, sharesOf(clients.referral));
  const problem = drawLevel(stream, sharesOf(clients.problem));
  const baseline = onScale(ors.baseline.mean + unit.baseline + ors.baseline.sd * stream.normal(), ORS_RANGE, 1);
  const intercept = designs[unit.design].sd.client * stream.normal();
  const isCrossover = stream.uniform() < clients.crossover && unit.design === "A";
  const armReceived: Arm = isCrossover ? (arm === "FIT" ? "TAU" : "FIT") : arm;

  const own = posts.filter((post) => post.arm === null || post.arm === arm);
  const post = own[stream.below(own.length)]!;
  const others = posts.filter((other) => other.arm === armReceived);
  const given = isCrossover ? others[stream.below(others.length)]! : post;
  const therapist = holderOn(post, randomised);
  const ending = simulateEnding(simulation, stream, { arm, baseline, problem, frailty: therapist.frailty });
  const { weights } = ors["off-track"];
  return {
    client,
    unit,
    therapist: therapist.therapist,
    therapistLast: holderOn(given, randomised + (ending.day ?? FOLLOW_UP_DAYS)).therapist,
    arm,
    armReceived,
    randomised,
    period: 1 + Math.floor((randomised - quarterStart(simulation, 1)) / QUARTER),
    age,
    sex,
    referral,
    problem,
    baseline,
    therapistEffect: therapist.effect,
    intercept,
    risk: weights.baseline * (ors.baseline.mean - baseline) + (weights.problem[problem] ?? 0),
    ...ending,
  };
}

const sharesOf = (levels: Levels): Record<string, number> =>
  Object.fromEntries(Object.entries(levels).map(([name, { share }]) => [name, share]));

/** Sum of the effects of what is known of a client on the outcome, points. */
export const covariateEffect = ({ clients }: Simulation, client: SimulatedClient): number =>
  (clients.age.effect * (client.age - clients.age.mean)) / 10 +
  clients.sex[client.sex]!.effect +
  clients.referral[client.referral]!.effect +
  clients.problem[client.problem]!.effect;

/** Days from randomisation to a planned follow-up. */
export const plannedDay = (month: number): number => Math.round(month * DAYS_OF_MONTH);
