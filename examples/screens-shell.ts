/** Commands as a person types them, with what they really print. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { waitFor } from './demo-steps.ts';
import type { Line, Pane } from './screens-svg.ts';

const timeoutMs = 20_000;

export class Shell implements Pane {
  readonly title: string;
  readonly #lines: Line[] = [];
  readonly #cwd: string;
  readonly #environment: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  #onOutput = (): void => {};

  constructor(title: string, cwd: string, environment: NodeJS.ProcessEnv) {
    this.title = title;
    this.#cwd = cwd;
    this.#environment = { ...environment };
  }

  get lines(): readonly Line[] {
    return this.#lines;
  }

  /** Runs it to its end; fails when it does. */
  run(command: string): void {
    this.#type(command);
    // In one stream, in the order in which it was written.
    const { status, stdout } = spawnSync('sh', ['-c', `exec 2>&1\n${command}`], {
      cwd: this.#cwd,
      env: this.#environment,
      encoding: 'utf8',
      maxBuffer: 2 ** 24,
    });
    this.#print(stdout);
    if (status !== 0) throw new Error(`"${command}" ended with status ${status}:\n${stdout}`);
  }

  /** Waits, as a person does, until the command would print this; nothing of it is shown. */
  async until(command: string, text: RegExp): Promise<void> {
    await waitFor(`${text} from "${command}"`, timeoutMs, async () => {
      const { stdout } = spawnSync('sh', ['-c', command], { cwd: this.#cwd, env: this.#environment, encoding: 'utf8' });
      return text.test(stdout) ? { found: true } : { seen: stdout };
    });
  }

  /** As `export`, which a shell has to keep. */
  set(name: string, value: string): void {
    this.#type(`export ${name}=${value}`);
    this.#environment[name] = value;
  }

  /** Starts what goes on until `stop`; returns when it has printed the text. */
  async start(command: string, until: RegExp): Promise<void> {
    this.#type(command);
    const child = spawn('sh', ['-c', `exec 2>&1\nexec ${command}`], {
      cwd: this.#cwd,
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#print(text);
      this.#onOutput();
    });
    await this.printed(until);
  }

  /** Waits until the command that was started has printed the text. */
  printed(text: RegExp): Promise<void> {
    const all = (): string => this.#lines.map((line) => line.text).join('\n');
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${text} was not printed within ${timeoutMs / 1000} s:\n${all()}`)),
        timeoutMs,
      );
      this.#onOutput = () => {
        if (!text.test(all())) return;
        clearTimeout(timer);
        resolve();
      };
      this.#onOutput();
    });
  }

  /** Ctrl-C. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGINT');
    await ended;
  }

  #type(command: string): void {
    const [first = '', ...rest] = command.split('\n');
    this.#lines.push({ kind: 'typed', text: `$ ${first}` });
    for (const text of rest) this.#lines.push({ kind: 'typed', text: `> ${text}` });
  }

  #print(output: string): void {
    if (output === '') return;
    for (const text of output.replace(/\n$/, '').split('\n')) this.#lines.push({ kind: 'printed', text });
  }
}
