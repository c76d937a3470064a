/** A client for a language server over stdio: just enough of the protocol to ask it what an editor would. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
}

export interface Place {
  readonly line: number;
  readonly character: number;
}

export class Client {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  readonly #diagnostics = new Map<
    string,
    (found: readonly { message: string; range: { start: Place } }[]) => void
  >();
  #next = 1;
  #settings: object = {};
  #buffer = Buffer.alloc(0);

  /** Starts the yaml-language-server that is installed. */
  constructor() {
    const server = path.join(
      path.dirname(createRequire(import.meta.url).resolve('yaml-language-server/package.json')),
      'bin/yaml-language-server',
    );
    this.#child = spawn(process.execPath, [server, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#read(chunk));
  }

  /** `settings` are those of the section `yaml`. */
  async start(root: string, settings: object): Promise<void> {
    this.#settings = settings;
    await this.request('initialize', {
      processId: process.pid,
      rootUri: root,
      capabilities: {
        textDocument: { completion: { completionItem: { snippetSupport: false } }, hover: {} },
      },
    });
    this.notify('initialized', {});
    this.notify('workspace/didChangeConfiguration', { settings: { yaml: settings } });
  }

  /** Opens a text; resolves with what the server finds wrong with it. */
  open(uri: string, text: string): Promise<readonly { message: string; range: { start: Place } }[]> {
    return new Promise((resolve) => {
      this.#diagnostics.set(uri, resolve);
      this.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } });
    });
  }

  request(method: string, params: object): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#send({ id, method, params });
    });
  }

  notify(method: string, params: object): void {
    this.#send({ method, params });
  }

  end(): void {
    this.#child.kill();
  }

  #send(message: Message): void {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.#child.stdin?.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  #read(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    for (;;) {
      const head = this.#buffer.indexOf('\r\n\r\n');
      const length = Number(
        /Content-Length: (\d+)/i.exec(this.#buffer.toString('latin1', 0, Math.max(0, head)))?.[1],
      );
      if (head === -1 || this.#buffer.length < head + 4 + length) return;
      const message = JSON.parse(this.#buffer.toString('utf8', head + 4, head + 4 + length)) as Message;
      this.#buffer = this.#buffer.subarray(head + 4 + length);
      this.#handle(message);
    }
  }

  #handle({ id, method, params, result }: Message): void {
    if (method === 'textDocument/publishDiagnostics') {
      const { uri, diagnostics } = params as { uri: string; diagnostics: [] };
      this.#diagnostics.get(uri)?.(diagnostics);
    } else if (method === 'workspace/configuration' && id !== undefined) {
      const { items } = params as { items: { section: string }[] };
      this.#reply(
        id,
        items.map(({ section }) => (section === 'yaml' ? this.#settings : {})),
      );
    } else if (method !== undefined && id !== undefined) this.#reply(id, null);
    else if (id !== undefined) this.#waiting.get(id)?.(result);
  }

  #reply(id: number, result: unknown): void {
    const body = JSON.stringify({ jsonrpc: '2.0', id, result });
    this.#child.stdin?.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }
}
