/** Connections that stay open, and who has them. */
import http from 'node:http';
import { onTestFinished } from 'vitest';
import { getJson } from './client.ts';

export interface Who {
  readonly pid: number;
  readonly slot: number;
  readonly value: string;
}

/** Opens connections that stay open until the end of the test; resolves with who has each. */
export async function hold(
  port: number,
  connections: number,
  { every = 0 }: { readonly every?: number } = {},
): Promise<Who[]> {
  const answers: Promise<Who>[] = [];
  for (let i = 0; i < connections; i++) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    answers.push(getJson<Who>(port, '/', agent));
    if (every > 0) await new Promise((resolve) => setTimeout(resolve, every));
  }
  return Promise.all(answers);
}

/** How many each slot has, in the order of the slots. */
export function perSlot(all: readonly Who[], slots: number): number[] {
  const held = new Array<number>(slots).fill(0);
  for (const { slot } of all) held[slot] = (held[slot] ?? 0) + 1;
  return held;
}
