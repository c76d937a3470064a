/** One thing that happens, and what it may cost. */
import type { Loss, Model } from './model.ts';
import type { Random } from '../soak/random.ts';
import type { World } from './world.ts';

export interface Step {
  readonly text: string;
  /** By address; what is not named may lose nothing. */
  readonly losses: ReadonlyMap<string, Loss>;
  /** Whether the supervisor may be another one after it. */
  readonly endsSupervisor: boolean;
  /** Does it; the model has been told already. */
  readonly act: (world: World) => Promise<void>;
}

/** Chooses from what the model allows, and tells the model what will become of it; null: not possible now. */
export type Choice = (model: Model, random: Random) => Step | null;

export const NO_LOSS: ReadonlyMap<string, Loss> = new Map();

/** By name: how likely each is, next to the others. */
export type Chances = Readonly<Record<string, { weight: number; choose: Choice }>>;
