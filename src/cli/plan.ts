/** `cluster-up plan [FILE]`: what `up` would do, and why. Nothing runs yet that it could be compared with. */
import { formatPrediction, predict } from '../plan/predict.ts';
import { load, type LoadFlags } from './load.ts';
import { reportText } from './report.ts';
import { wantsColor } from './style.ts';

export interface PlanFlags extends LoadFlags {
  readonly json: boolean;
  /** Exit 2 if there is something to do. */
  readonly exitCode: boolean;
}

const SOMETHING_TO_DO = 2;

/** Prints the plan and resolves with the exit code. */
export async function plan(file: string, flags: PlanFlags): Promise<number> {
  const { desired, diagnostics, text } = await load(file, flags, 'error');
  if (diagnostics.length > 0)
    process.stderr.write(reportText(diagnostics, text, { color: wantsColor(process.stderr) }));
  if (desired === null) return 1;

  const apps = predict(null, desired);
  const json = { ecosystem: file, apps: apps.map(({ app: name, ...rest }) => ({ name, ...rest })) };
  process.stdout.write(flags.json ? `${JSON.stringify(json, null, 2)}\n` : `${formatPrediction(apps)}\n`);
  return flags.exitCode && apps.some(({ effect }) => effect !== 'none') ? SOMETHING_TO_DO : 0;
}
