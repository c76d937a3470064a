/** `cluster-up plan [FILE]`: what `up` would do to what runs now, and why. */
import type { Client } from '../control/client.ts';
import { connectTo } from '../control/find.ts';
import type { NamedPlan } from '../model/control.ts';
import type { Desired } from '../model/spec.ts';
import { withReleaseNames } from '../releases/foresee.ts';
import type { Prediction } from '../model/prediction.ts';
import { formatPrediction, predict } from '../observe/report/predict.ts';
import { load, type Selection } from '../supervisor/load.ts';
import { ownEnvironment } from './own-environment.ts';
import { ofCodeNow, planIdOf } from './plan-id.ts';
import { jsonText, printableLines } from './printable.ts';
import { printDiagnostics } from './print-diagnostics.ts';

export interface PlanFlags extends Selection {
  readonly json: boolean;
  /** Exit 2 if there is something to do, or not all is as the file asks. */
  readonly exitCode: boolean;
}

const SOMETHING_TO_DO = 2;

/** Prints the plan and resolves with the exit code. */
export async function plan(file: string, flags: PlanFlags): Promise<number> {
  const loaded = await load(file, flags);
  printDiagnostics(loaded);
  if (loaded.desired === null) return 1;
  const running = await connectTo(file);
  const named = running === null ? await planned(loaded.desired) : await ask(running);
  process.stdout.write(flags.json ? json(file, named) : text(named));
  return flags.exitCode && !named.apps.every(isAsAsked) ? SOMETHING_TO_DO : 0;
}

/** Nothing runs. */
async function planned(file: Desired): Promise<NamedPlan> {
  const { desired, about } = await ofCodeNow(file);
  return { id: planIdOf(desired), apps: withReleaseNames(predict(null, desired), about) };
}

async function ask(client: Client): Promise<NamedPlan> {
  try {
    return await client.call('plan', { environment: ownEnvironment() });
  } finally {
    client.close();
  }
}

function isAsAsked({ effect, note, byHand }: Prediction): boolean {
  return effect === 'none' && note === undefined && byHand === undefined;
}

function text({ id, apps }: NamedPlan): string {
  const isNothing = apps.every(({ effect, note }) => effect === 'none' && note === undefined);
  const nothing = `nothing to do${apps.every(isAsAsked) ? '' : ', though not all is as the file asks'}`;
  const next = isNothing ? nothing : `plan ${id}: cluster-up up --plan-id ${id} does exactly this`;
  return `${printableLines(formatPrediction(apps))}\n${next}\n`;
}

function json(file: string, { id, apps }: NamedPlan): string {
  const named = apps.map(({ app: name, ...rest }) => ({ name, ...rest }));
  return `${jsonText({ ecosystem: file, id, apps: named }, 2)}\n`;
}
