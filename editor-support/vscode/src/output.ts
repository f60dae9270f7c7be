// A terminal that shows what `kpi` prints, for tasks whose problems are collected.
import * as vscode from 'vscode';
import { runProgram } from './program';

/** VS Code stops listening to a task 100 ms after its end. `kpi` is quicker than the terminal of a busy machine. */
const MILLISECONDS_TO_BE_READ = 200;

export class Output implements vscode.Pseudoterminal {
  private readonly written = new vscode.EventEmitter<string>();
  private readonly ended = new vscode.EventEmitter<number>();
  private readonly stop = new AbortController();
  readonly onDidWrite = this.written.event;
  readonly onDidClose = this.ended.event;

  constructor(
    private readonly program: string,
    private readonly words: readonly string[],
    private readonly folder: string,
  ) {}

  open(): void {
    void this.run();
  }

  close(): void {
    this.stop.abort();
  }

  private async run(): Promise<void> {
    const { status, output, errors } = await runProgram(this.program, this.words, this.folder, this.stop.signal);
    this.written.fire(`${output}${errors}`.replace(/\r?\n/g, '\r\n'));
    setTimeout(() => {
      this.ended.fire(status < 0 ? 1 : status);
    }, MILLISECONDS_TO_BE_READ);
  }
}
