/** The effects of `top`: asks the supervisor once a second, follows the logs, paints, and does what the keys ask. */
import { setTimeout as delay } from 'node:timers/promises';
import { ControlError, type Client } from '../../control/client.ts';
import type { LogLine, Metrics } from '../../model/control.ts';
import type { State } from '../../model/state.ts';
import type { Style } from '../style.ts';
import { press, type Effect, type Key } from './keys.ts';
import { FIRST_VIEW, selectedApp, type Action, type Model, type Notice, type View } from './model.ts';
import { render } from './render.ts';
import { Screen } from './screen.ts';
import { Tail } from './tail.ts';

/** How often the supervisor is asked, in ms. */
const EVERY = 1000;
/** Output that comes faster than this, in ms, is painted together. */
const FRAME = 100;
/** How long what was done last is shown, in ms. */
const NOTICE = 8000;

/** Writes a count into the ecosystem file; resolves with how that went. */
export type Scale = (app: string, amount: string) => Promise<Notice>;

export class Live {
  readonly #client: Client;
  readonly #scale: Scale;
  readonly #style: Style;
  readonly #tail = new Tail();
  #screen: Screen | null = null;
  #state: State | null = null;
  #metrics: Metrics = {};
  #view: View = FIRST_VIEW;
  #answeredAt = 0;
  #frame: NodeJS.Timeout | null = null;
  #notice: NodeJS.Timeout | undefined;
  #quit: () => void = () => {};
  #fail: (error: unknown) => void = () => {};
  readonly #ended: Promise<void>;

  constructor(client: Client, scale: Scale, style: Style) {
    this.#client = client;
    this.#scale = scale;
    this.#style = style;
    this.#ended = new Promise((resolve, reject) => {
      this.#quit = resolve;
      this.#fail = reject;
    });
  }

  /** Resolves when the user quits. Either way the terminal is as it was. Rejects with ControlError when the supervisor ends. */
  async run(): Promise<void> {
    // The first answer comes before the screen is taken: where it is a refusal, that stays readable.
    await this.#look();
    const screen = new Screen(process.stdin, process.stdout, {
      key: (key) => this.#press(key),
      repaint: () => this.#paint(),
      gone: () => this.#quit(),
    });
    this.#screen = screen;
    const clock = setInterval(() => this.#paint(), EVERY);
    try {
      this.#paint();
      await Promise.race([this.#ended, this.#poll(), this.#follow()]);
    } finally {
      clearInterval(clock);
      clearTimeout(this.#notice);
      if (this.#frame !== null) clearTimeout(this.#frame);
      this.#screen = null;
      screen.close();
    }
  }

  async #look(): Promise<void> {
    const [state, metrics] = await Promise.all([
      this.#client.call('state', {}),
      this.#client.call('metrics', {}),
    ]);
    this.#state = state;
    this.#metrics = metrics;
    this.#answeredAt = performance.now();
    this.#tail.keepOnly(state.apps.map(({ name }) => name));
  }

  async #poll(): Promise<never> {
    for (;;) {
      // A supervisor that answers slowly is asked less often.
      await delay(EVERY, undefined, { ref: false });
      await this.#look();
      this.#paint();
    }
  }

  #follow(): Promise<null> {
    const args = { app: null, lines: 100, follow: true, stream: null, since: null } as const;
    return this.#client.call('logs', args, (item) => {
      // Told how many lines were left out, we have no place for that: nobody reads that fast.
      if ('app' in (item as object)) this.#tail.add(item as LogLine);
      this.#paintSoon();
    });
  }

  #press(key: Key): void {
    if (this.#state === null) return;
    const { view, effect } = press(key, this.#view, this.#state);
    this.#view = view;
    this.#paint();
    if (effect !== null) this.#do(effect);
  }

  #do(effect: Effect): void {
    if (effect.type === 'quit') this.#quit();
    else this.#act(effect.action).catch(this.#fail);
  }

  /** A refusal is shown; that the supervisor has ended shows by itself. */
  async #act(action: Action): Promise<void> {
    const { op, app } = action;
    this.#say({ level: 'info', text: `${op} ${app}: under way` });
    try {
      if (action.op === 'scale') this.#say(await this.#scale(app, action.amount));
      else await this.#client.call(action.op, { app });
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      this.#say({ level: 'bad', text: `${op} ${app}: ${error.message}` });
    }
  }

  #say(notice: Notice): void {
    this.#view = { ...this.#view, notice };
    clearTimeout(this.#notice);
    this.#notice = setTimeout(() => {
      this.#view = { ...this.#view, notice: null };
      this.#paint();
    }, NOTICE);
    this.#paint();
  }

  #paintSoon(): void {
    this.#frame ??= setTimeout(() => this.#paint(), FRAME);
  }

  #paint(): void {
    if (this.#frame !== null) clearTimeout(this.#frame);
    this.#frame = null;
    if (this.#screen === null || this.#state === null) return;
    const { size } = this.#screen;
    this.#screen.paint(render(this.#model(this.#state, size.rows), size, this.#style));
  }

  #model(state: State, count: number): Model {
    const view = this.#view;
    const app = view.onlySelected ? (selectedApp(state, view)?.name ?? null) : null;
    const logs = this.#tail.last(app, count);
    return { state, metrics: this.#metrics, logs, view, silentMs: performance.now() - this.#answeredAt };
  }
}
