/** From a new content to the step that saves it, and what is expected of it. */
import type { Random } from '../soak/random.ts';
import type { App, Content, Script } from './content.ts';
import { addressOf, lossesOf, type Model } from './model.ts';
import { WAYS } from './place.ts';
import type { Step } from './step.ts';

export function badScript(random: Random): Script {
  return random.pick(['throws.js', 'throws.js', 'exits.js', 'hangs.js']);
}

export function replaced(apps: readonly App[], app: App, by: App): Content {
  return { apps: apps.map((other) => (other === app ? by : other)), fault: null };
}

export function save(text: string, content: Content, model: Model, random: Random): Step {
  const before = model.content;
  const way = random.pick(WAYS);
  const were = model.running();
  model.content = content;
  if (model.supervision === 'alive') model.apply();
  const isLinked = way === 'the folder a link to another';
  const isSwapped = way === 'the folder swapped';
  // A folder in the place of a folder has its path, and its content. Where the file is not valid, the code is taken with
  // the next one that is.
  model.isElsewhere ||= isLinked || (isSwapped && model.isLinked);
  if (isLinked || isSwapped) model.isLinked = isLinked;
  const isDeploy = model.isElsewhere && content.fault === null;
  if (isDeploy) model.isElsewhere = false;
  // All is rolled where the code may be elsewhere by then; in fork mode that costs who is being served.
  if (isDeploy) model.held.clear();
  const losses = lossesOf(were, model.running());
  const rolled = model.running().filter(({ mode }) => isDeploy && mode === 'fork');
  return {
    text: `${text}, ${way}`,
    losses: new Map([...losses, ...rolled.map((app) => [addressOf(app), 'any'] as const)]),
    endsSupervisor: false,
    act: ({ place }) => place.save(content, way, before),
  };
}

export function next(model: Model): number {
  return ++model.value;
}

export function pick<T>(random: Random, choices: readonly T[]): T | null {
  return choices.length === 0 ? null : random.pick(choices);
}
