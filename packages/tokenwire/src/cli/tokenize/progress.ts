// A progress bar on standard error, for inputs that take a while. Shown on terminals only.

export class ProgressBar {
  readonly #total: number;
  readonly #stream: NodeJS.WriteStream;
  #done = 0;
  #shownAt = 0;
  #isShown = false;

  /** `total` is in bytes. */
  constructor(total: number, stream: NodeJS.WriteStream = process.stderr) {
    this.#total = total;
    this.#stream = stream;
  }

  /** Counts bytes as done; redraws at most ten times a second. */
  advance(bytes: number, label: string): void {
    this.#done += bytes;
    const now = Date.now();
    if (this.#shownAt === 0) this.#shownAt = now + 300;
    if (!this.#stream.isTTY || this.#total === 0 || now < this.#shownAt) return;
    this.#shownAt = now + 100;
    this.#isShown = true;
    const share = Math.min(1, this.#done / this.#total);
    const filled = Math.round(share * 24);
    const percent = String(Math.floor(share * 100)).padStart(3);
    this.#stream.write(
      `\r\u001b[K${"█".repeat(filled)}${"░".repeat(24 - filled)} ${percent}%  ${label.slice(-40)}`,
    );
  }

  /** Removes the bar. */
  end(): void {
    if (this.#isShown) this.#stream.write("\r\u001b[K");
  }
}
