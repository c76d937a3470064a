/** Whether a program is a server, and on which port: guessed from its text and from what the package depends on. */
import type { Folder } from './folder.ts';

const FRAMEWORKS = [
  'express',
  'fastify',
  'koa',
  'polka',
  'restify',
  'hono',
  '@hono/node-server',
  '@hapi/hapi',
  '@nestjs/core',
  '@feathersjs/express',
  'apollo-server',
  '@apollo/server',
  'socket.io',
  'ws',
  'h3',
];
const EXTENSIONS = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '/index.js'];

/** A script that is not built yet, or that only loads others, is judged by the frameworks alone. */
export function listens(folder: Folder, script: string): boolean {
  const text = textOf(folder, script) ?? '';
  if (/\.listen\s*\(|\bcreate(Secure)?Server\s*\(/.test(text)) return true;
  return FRAMEWORKS.some((name) => (text === '' ? folder.dependsOn(name) : loads(text, name)));
}

function loads(text: string, name: string): boolean {
  return text.includes(`'${name}'`) || text.includes(`"${name}"`);
}

/** The port of `process.env.PORT || 3000`. */
export function defaultPort(folder: Folder, script: string): string | null {
  const text = textOf(folder, script) ?? '';
  return /process\.env(?:\.PORT|\[['"]PORT['"]\])\s*(?:\|\||\?\?)\s*['"]?(\d{2,5})\b/.exec(text)?.[1] ?? null;
}

function textOf(folder: Folder, script: string): string | null {
  const found = EXTENSIONS.find((extension) => folder.isFile(script + extension));
  return found === undefined ? null : folder.text(script + found);
}
